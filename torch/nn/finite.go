package nn

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// NotFinite lists the parameters that hold NaN or infinity, and the buffers that hold NaN. Infinity in a buffer may
// be meant, as in an attention's mask.
func NotFinite(m Module) (bad []string, err error) {
	err = torch.Try(func() {
		parameters := map[*torch.Tensor]bool{}
		for _, p := range Parameters(m) {
			parameters[p] = true
		}
		s := torch.NewScope()
		defer s.Close()
		torch.NoGrad(func() {
			for _, n := range StateDict(m) {
				if !n.DType().IsFloatingPoint() || n.Numel() == 0 {
					continue
				}
				least, most := n.Min().MoveTo(s).Item(), n.Max().MoveTo(s).Item() // NaN where there is one
				if math.IsNaN(most) || parameters[n.Tensor] && (math.IsInf(least, 0) || math.IsInf(most, 0)) {
					bad = append(bad, n.Name)
				}
			}
		})
	})
	return bad, err
}
