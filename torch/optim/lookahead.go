package optim

import "github.com/fastlearn-go/fastlearn/torch"

// Lookahead steps by another rule and every K steps moves slow copies of all parameters towards them, and them to the
// copies (fastai's Lookahead, after Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back",
// arXiv 1907.08610):
//
//	slow ← slow + Alpha·(p - slow),  p ← slow
//
// The copies are made before the first step. They take as much memory as the parameters. Of Lookaheads within each other the
// outermost counts.
type Lookahead struct {
	Rule          // takes the steps
	K     int     // steps from one move to the next; 6 where it isn't positive
	Alpha float64 // how far the copies move, up to 1; 0 for 0.5
}

// lookaheadOf is the rule's Lookahead, if it is one or points to one.
func lookaheadOf(rule Rule) (Lookahead, bool) {
	if p, ok := rule.(*Lookahead); ok && p != nil {
		return *p, true
	}
	look, ok := rule.(Lookahead)
	return look, ok
}

// moves is K and Alpha with their defaults.
func (l Lookahead) moves() (k int, alpha float64) {
	if k, alpha = l.K, l.Alpha; k < 1 {
		k = 6
	}
	if alpha == 0 {
		alpha = 0.5
	}
	return k, alpha
}

// Ranger is [Lookahead] around [RAdam] (fastai's ranger). Defaults: mom 0.95, sqr_mom 0.99, eps 1e-6, wd 0.01, beta 0,
// K 6, Alpha 0.5.
func Ranger() Lookahead {
	return Lookahead{Rule: withDefaults{RAdam{}, Hypers{"mom": 0.95, "eps": 1e-6, "wd": 0.01}}}
}

// What a Lookahead remembers lies in the states of its parameters, so that whoever copies or frees these does the same to it: a copy of
// each, and with the first parameter the count of steps. Files have both apart, as fastai does.
const (
	slowWeights = "slow_weights"
	lookCount   = "count"
)

// begin copies the parameters before the first step.
func (l Lookahead) begin(o *Optimizer) {
	var own *torch.Scope
	for i, p := range o.Params() {
		if _, ok := p.State[slowWeights]; !ok {
			now := p.Detach()
			p.State[slowWeights] = now.Clone().Keep()
			now.Close()
		}
		if _, ok := p.State[lookCount]; i == 0 && !ok {
			p.State[lookCount] = own.With(torch.Float64, torch.CPU).Zeros().Keep()
		}
	}
}

// end counts a step, and moves the copies if it is the K-th.
func (l Lookahead) end(o *Optimizer) {
	params := o.Params()
	if len(params) == 0 {
		return
	}
	k, alpha := l.moves()
	count := params[0].State[lookCount].AddScalar_(1)
	if int(count.Item())%k == 0 {
		stepLookahead(tensorsOf(params), state(params, slowWeights, false), alpha)
	}
}
