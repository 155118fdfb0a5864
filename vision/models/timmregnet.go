package models

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// timmRegNets are torchvision's under timm's names and keys.
var timmRegNets = map[string]regNet{"regnety_016": regNets["regnet_y_1_6gf"]}

func newTimmRegNet(c regNet, classes, channels int64) nn.Module {
	grouped := map[nn.Module]int64{}
	conv := func(in, out, kernel, stride, groups int64) *nn.Sequential {
		c := convOf(in, out, kernel, stride, groups)
		grouped[c] = groups
		return named(step{"conv", c}, step{"bn", batchNorm(out)})
	}
	features := []step{{"stem", conv(channels, 32, 3, 2, 1)}, {"", relu()}}
	in := int64(32)
	for i, s := range c.stages() {
		stage, out := &nn.Sequential{}, s.width
		for j := range s.depth {
			b, stride := &timmBlock{}, int64(1)
			if j == 0 {
				stride = 2
			}
			b.add(step{"conv1", conv(in, out, 1, 1, 1)})
			b.add(step{"", relu()})
			b.add(step{"conv2", conv(out, out, 3, stride, out/s.group)})
			b.add(step{"", relu()})
			b.add(step{"se", newGated("fc1", "fc2", out, int64(math.RoundToEven(0.25*float64(in))), relu(), &nn.Sigmoid{})})
			last := conv(out, out, 1, 1, 1)
			b.add(step{"conv3", last})
			nn.Constant_(nn.Children(last)[1].Module.(*nn.BatchNorm).Weight, 0)
			if j == 0 {
				b.downsample = conv(in, out, 1, stride, 1)
				b.Register("downsample", b.downsample)
			}
			stage.Register("b"+itoa(int(j)+1), b)
			in = out
		}
		features = append(features, step{"s" + itoa(i+1), stage})
	}
	head := newNet(append([]step{{"", pool(1)}, {"", &nn.Flatten{}}}, classifier("fc", in, classes)...)...)
	m := newTimmNet(features, []step{{"head", head}})
	nn.Walk(m, func(_ string, m nn.Module) {
		if conv, ok := m.(*nn.Conv2d); ok {
			w := conv.Weight
			refill(w, conv.Bias, normal(math.Sqrt(2/float64(w.Size(2)*w.Size(3)*w.Size(0)/max(grouped[conv], 1)))))
		}
	})
	fill(m, nil, normal(0.01))
	return m
}
