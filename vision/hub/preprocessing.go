package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
)

// Checkpoint is a file of weights, and how the images that it was trained on were prepared.
type Checkpoint struct {
	Path string // of the file on this machine
	Arch string // name of the architecture, "" where nothing tells it
	Preprocessing
}

// Preprocessing is what a model expects of images. Fields that nothing tells are zero.
type Preprocessing struct {
	Mean, Std     []float64 // for each channel, of values from 0 to 1
	Size          [2]int    // height and width in pixels
	CropPct       float64   // how much of the shorter side is left of an image that is resized and then cropped to Size
	CropMode      string    // timm's: center, squash or border
	Interpolation string    // bilinear, bicubic, ...
}

// configName is the file in which timm describes the weights beside it.
const configName = "config.json"

// readConfig reads timm's description of a checkpoint; a file that isn't there, or of another library, tells nothing.
func readConfig(path string) (arch string, p Preprocessing, err error) {
	data, err := diskfile.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", p, nil
	}
	if err != nil {
		return "", p, fmt.Errorf("hub: %w", err)
	}
	type fields struct {
		Mean          []float64 `json:"mean"`
		Std           []float64 `json:"std"`
		InputSize     []int     `json:"input_size"` // channels, height, width
		CropPct       float64   `json:"crop_pct"`
		CropMode      string    `json:"crop_mode"`
		Interpolation string    `json:"interpolation"`
	}
	var config struct {
		Architecture  string  `json:"architecture"`
		PretrainedCfg *fields `json:"pretrained_cfg"`
	}
	var c fields
	if err = json.Unmarshal(data, &config); err == nil && config.PretrainedCfg != nil {
		c = *config.PretrainedCfg
	} else if err == nil { // as timm wrote it until 2022
		err = json.Unmarshal(data, &c)
	}
	if err == nil {
		err = checkStats(c.Mean, c.Std)
	}
	if err != nil {
		return "", p, fmt.Errorf("hub: %s does not describe weights as timm does: %w", path, err)
	}
	p = Preprocessing{Mean: c.Mean, Std: c.Std, CropPct: c.CropPct, CropMode: c.CropMode, Interpolation: c.Interpolation}
	if len(c.InputSize) == 3 {
		p.Size = [2]int{c.InputSize[1], c.InputSize[2]}
	}
	return config.Architecture, p, nil
}

func checkStats(mean, std []float64) error {
	if len(mean) != len(std) {
		return fmt.Errorf("it has %d means and %d deviations", len(mean), len(std))
	}
	for i := range std {
		if !(std[i] > 0) || math.IsInf(std[i], 0) {
			return fmt.Errorf("the deviations are %v: want numbers above 0", std)
		}
	}
	return nil
}

// beside completes a checkpoint by the description that lies beside its file.
func beside(path string) (Checkpoint, error) {
	arch, p, err := readConfig(filepath.Join(filepath.Dir(path), configName))
	return Checkpoint{path, arch, p}, err
}
