// Package launch starts the processes of a distributed run on this machine, as torchrun does: for
// tests and the bench, which need each process by itself.
package launch

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
)

// Process is one of the run's.
type Process struct {
	*exec.Cmd
	Output bytes.Buffer // what it printed; to be read once it has ended
}

// Start starts n processes that find each other on the loopback; command makes that of a rank,
// to whose environment PyTorch's variables are added. Where one can't be started, those that
// were are killed.
func Start(n int, command func(rank int) *exec.Cmd) ([]*Process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var all []*Process
	for rank := range n {
		p := &Process{Cmd: command(rank)}
		if p.Env == nil {
			p.Env = os.Environ()
		}
		p.Env = append(p.Env, "MASTER_ADDR=127.0.0.1", fmt.Sprintf("MASTER_PORT=%d", port), "GLOO_SOCKET_IFNAME=lo",
			fmt.Sprintf("RANK=%d", rank), fmt.Sprintf("LOCAL_RANK=%d", rank), fmt.Sprintf("WORLD_SIZE=%d", n))
		if p.Stdout == nil {
			p.Stdout = &p.Output
		}
		if p.Stderr == nil {
			p.Stderr = &p.Output
		}
		if err := p.Start(); err != nil {
			for _, started := range all {
				started.Process.Kill()
				started.Cmd.Wait()
			}
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Wait waits for all; its error has what each that failed printed.
func Wait(all []*Process) error {
	var failed []string
	for rank, p := range all {
		if err := p.Cmd.Wait(); err != nil {
			failed = append(failed, fmt.Sprintf("rank %d: %v\n%s", rank, err, p.Output.String()))
		}
	}
	if failed != nil {
		return fmt.Errorf("%s", strings.Join(failed, "\n"))
	}
	return nil
}

// freePort is a port that nothing listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
