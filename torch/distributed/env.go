package distributed

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// env is what the environment says of this process.
type env struct {
	addr                        string
	port, rank, size, localRank int
	agentStore                  bool // torchrun serves the store, and not the process of rank 0
}

// variables must all be set, or none.
var variables = []string{"MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"}

// readEnv reads PyTorch's variables; nil where none is set.
func readEnv() (*env, error) {
	var missing []string
	for _, name := range variables {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	switch len(missing) {
	case 0:
	case len(variables):
		return nil, nil
	default:
		return nil, fmt.Errorf("distributed: the environment lacks %s: %s go together, and torchrun sets them",
			strings.Join(missing, ", "), strings.Join(variables, ", "))
	}
	e := &env{addr: os.Getenv("MASTER_ADDR"), agentStore: os.Getenv("TORCHELASTIC_USE_AGENT_STORE") == "True"}
	err := errors.Join(number("MASTER_PORT", 1, 65535, &e.port), number("WORLD_SIZE", 1, 1<<20, &e.size))
	if err == nil {
		err = number("RANK", 0, e.size-1, &e.rank)
	}
	if e.localRank = e.rank; err == nil && os.Getenv("LOCAL_RANK") != "" {
		err = number("LOCAL_RANK", 0, e.size-1, &e.localRank)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// number reads a variable from low to high.
func number(name string, low, high int, into *int) error {
	text := os.Getenv(name)
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return fmt.Errorf("distributed: %s is %q: want a number from %d to %d", name, text, low, high)
	}
	*into = n
	return nil
}
