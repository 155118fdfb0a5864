package models

// timm are the families of timm 1.0, under its names and keys. Their bodies are whole models without the last layer, as fastai's TimmBody.
func timm() []family {
	half := []float64{0.5, 0.5, 0.5}
	lite, eff := builds{}, builds{}
	for name, build := range table(effNets, newEffNet) {
		if effNets[name].fixed {
			lite[name] = build
		} else {
			eff[name] = build
		}
	}
	return []family{
		{lite, Arch{Head: []string{"classifier."}, Mean: half, Std: half}},
		{eff, Arch{Head: []string{"classifier."}}},
		{table(timmResNets, newTimmResNet), Arch{Head: []string{"fc."}}},
		{table(timmViTs, newTimmViT), Arch{Head: []string{"head."}, Mean: half, Std: half, Pooled: true, Size: 224}},
		{table(deiTs, newTimmViT), Arch{Head: []string{"head."}, Pooled: true, Size: 224}},
		{table(timmNeXts, newTimmNeXt), Arch{Head: []string{"head.fc."}}},
	}
}
