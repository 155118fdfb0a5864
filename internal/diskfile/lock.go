package diskfile

// lockState is what came of the attempt to lock a file.
type lockState int

const (
	locked   lockState = iota
	busy               // another one has it
	unlocked           // this system or file system has no locks
)
