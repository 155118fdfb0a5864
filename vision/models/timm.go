package models

// timm are the families of timm 1.0, under its names and keys. Their bodies are whole models without the last layer, as fastai's TimmBody.
func timm() []family {
	return []family{
		{tableIn(effNets, newEffNet), Arch{Head: []string{"classifier."}}},
		{tableIn(timmResNets, newTimmResNet), Arch{Head: []string{"fc."}}},
		{tableIn(timmViTs, newTimmViT), Arch{Head: []string{"head."}, Pooled: true, Size: 224}},
		{tableIn(deiTs, newTimmViT), Arch{Head: []string{"head."}, Pooled: true, Size: 224}},
		{tableIn(timmSwins, newTimmSwin), Arch{Head: []string{"head.fc."}, Size: 224}},
		{tableIn(leViTs, newLeViT), Arch{Head: []string{"head.", "head_dist."}, Pooled: true, Size: 224}},
		{tableIn(timmRegNets, newTimmRegNet), Arch{Head: []string{"head.fc."}}},
		{tableIn(timmNeXts, newTimmNeXt), Arch{Head: []string{"head.fc."}}},
	}
}
