package main

import (
	"errors"
	"os/exec"
	"strings"
)

const aptLine = "apt-get install -y g++ make python3-pip python3-venv libjpeg-dev"

// checkPrerequisites names everything that is missing, at once, with what installs it.
func checkPrerequisites() error {
	var missing []string
	if _, err := exec.LookPath("g++"); err != nil {
		missing = append(missing, "g++")
	} else if !compiles("#include <stdio.h>\n#include <jpeglib.h>\n") {
		missing = append(missing, "libjpeg-turbo's header jpeglib.h")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		missing = append(missing, "python3")
	} else {
		if exec.Command("python3", "-m", "pip", "--version").Run() != nil {
			missing = append(missing, "python3's pip")
		}
		if exec.Command("python3", "-c", "import venv, ensurepip").Run() != nil {
			missing = append(missing, "python3's venv")
		}
	}
	if missing == nil {
		return nil
	}
	return errors.New("missing: " + strings.Join(missing, ", ") + "\n  " + aptLine)
}

func compiles(source string) bool {
	cmd := exec.Command("g++", "-x", "c++", "-fsyntax-only", "-")
	cmd.Stdin = strings.NewReader(source)
	return cmd.Run() == nil
}
