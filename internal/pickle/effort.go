package pickle

import "errors"

// A pickle names a value that it has stored in two bytes. So a small one can ask that a long text be encoded, or
// hashed as a key, any number of times. No torch.save does: each text is encoded once, and keys are short.
// What is done to stored values is therefore paid from a purse that grows with the pickle.
const (
	freeEffort    = 1 << 17
	effortPerByte = 128
)

// Spend pays for work, and fails if the pickle's effort is used up.
func (m *Machine) Spend(n int) error {
	m.effort -= int64(n)
	if m.effort < 0 {
		return errors.New("the pickle builds far more than its size can mean: it copies or hashes the same values over and over")
	}
	return nil
}
