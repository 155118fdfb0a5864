// Info prints the version of fastlearn, and which libtorch a program of this module runs on, with what.
package main

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/internal/version"
	"github.com/fastlearn-go/fastlearn/torch"
)

func main() { fmt.Printf("fastlearn %s\n%v", version.Fastlearn, torch.Info()) }
