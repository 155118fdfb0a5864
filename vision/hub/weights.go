package hub

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// published are the weights that fastai takes for pretrained=True: torchvision's
// DEFAULT of each architecture.
var published = map[string]string{
	"resnet18":  "https://download.pytorch.org/models/resnet18-f37072fd.pth",
	"resnet34":  "https://download.pytorch.org/models/resnet34-b627a593.pth",
	"resnet50":  "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
	"resnet101": "https://download.pytorch.org/models/resnet101-cd907fc2.pth",
	"resnet152": "https://download.pytorch.org/models/resnet152-f82ba261.pth",
}

// Weights is the file of the architecture's published weights: from PyTorch's cache,
// else downloaded into it.
func Weights(ctx context.Context, arch string, opts ...Option) (string, error) {
	url, ok := published[arch]
	if !ok {
		return "", fmt.Errorf("hub: no published weights are known for %q", arch)
	}
	dir, err := Dir()
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	file := filepath.Join(dir, path.Base(url))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	return file, Download(ctx, url, file, opts...)
}
