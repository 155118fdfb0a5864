package models

// timm are the families of timm 1.0, under its names and keys. Their bodies are whole models without the last layer, as fastai's TimmBody.
func timm() []family {
	half := []float64{0.5, 0.5, 0.5}
	usual, halves := builds{}, builds{}
	for name, build := range table(effNets, newEffNet) {
		if effNets[name].halves {
			halves[name] = build
		} else {
			usual[name] = build
		}
	}
	return []family{
		{halves, Arch{Head: []string{"classifier."}, Mean: half, Std: half}},
		{usual, Arch{Head: []string{"classifier."}}},
		{table(timmResNets, newTimmResNet), Arch{Head: []string{"fc."}}},
		{table(timmViTs, newTimmViT), Arch{Head: []string{"head."}, Mean: half, Std: half, Pooled: true, Size: 224}},
		{table(deiTs, newTimmViT), Arch{Head: []string{"head."}, Pooled: true, Size: 224}},
		{table(timmSwins, newTimmSwin), Arch{Head: []string{"head.fc."}, Size: 224}},
		{table(leViTs, newLeViT), Arch{Head: []string{"head.", "head_dist."}, Pooled: true, Size: 224}},
		{table(timmRegNets, newTimmRegNet), Arch{Head: []string{"head.fc."}}},
		{table(timmNeXts, newTimmNeXt), Arch{Head: []string{"head.fc."}}},
	}
}
