// Info prints which libtorch a program of this module runs on, with what.
package main

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/torch"
)

func main() { fmt.Print(torch.Info()) }
