package pth

import "math/big"

// A pickle names a value that it has stored in two bytes. So a small one can ask that a long text be encoded, or
// hashed as a key, any number of times. No torch.save does: each text is encoded once, and keys are short.
// What is done to stored values is therefore paid from a purse that grows with the pickle.
const (
	freeEffort    = 1 << 17
	effortPerByte = 128
	copyingByte   = 64  // the price of a byte of text that is copied
	copyingNumber = 64  // of an int64
	copyingItem   = 256 // of a set's item
	copyingPair   = 512 // of a dict's key and value
)

// spend pays for work, and fails if the pickle's effort is used up.
func (m *machine) spend(n int) error {
	m.effort -= int64(n)
	if m.effort < 0 {
		return errorf("the pickle builds far more than its size can mean: it copies or hashes the same values over and over")
	}
	return nil
}

// keyPrice is what hashing a key costs: strings are quick, tuples are slow.
func keyPrice(key any) int {
	if s, ok := key.(string); ok {
		return len(s)/8 + 1
	}
	return 4 * keySize(key)
}

// maxKey is the size of a dict's key that is not a plain string: of bytes, or of a tuple with all that is in it.
const maxKey = 1 << 12

// keySize is about how many bytes hashing a key goes through; what is beyond maxKey is not counted.
func keySize(key any) int {
	switch k := key.(type) {
	case string:
		return len(k)
	case []byte:
		return len(k)
	case *big.Int:
		return k.BitLen()/8 + 1
	case Size:
		return 8 * len(k)
	case Scalar:
		return keySize(k.Value)
	case Tuple:
		n := 8
		for _, item := range k {
			if n += keySize(item); n > maxKey {
				break
			}
		}
		return n
	}
	return 8
}
