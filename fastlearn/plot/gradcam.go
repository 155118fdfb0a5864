package plot

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/preserve"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// CAM are the settings of [GradCAM].
type CAM struct {
	Most  int       // pictures, of a batch; 0 for 9
	Class string    // what the pictures are asked for; "" for what each is taken for
	Layer nn.Module // whose output is mapped; nil for the model's first part, the body of a VisionLearner
}

// GradCAM draws the first pictures of a loader's next batch, with what makes the model take them for a class in bright colours over
// them (chapter 18 of fastai's book, see [nn.GradCAM]), above each what it is and the class that is shown. Wrong ones are framed. For pictures of your choice make the loader by NewDL.
func GradCAM(ctx context.Context, learn *fastlearn.Learner, loader data.Loader, o CAM, opts ...Option) (*Figure, error) {
	l, err := looking("GradCAM", "", opts)
	if err := errors.Join(guard.Given("plot: GradCAM", ctx, learn, loader), err); err != nil {
		return nil, err
	}
	dl, ok := loader.(*data.ItemLoader)
	if !ok {
		return nil, errors.New("plot: the loader is a custom one: it has no pictures to show")
	}
	if o.Most < 0 {
		return nil, fmt.Errorf("plot: GradCAM of %d pictures", o.Most)
	}
	if guard.IsNil(learn.Model) || learn.DLs == nil || len(learn.DLs.Vocab) == 0 {
		return nil, errors.New("plot: GradCAM needs a learner of classes")
	}
	class := slices.Index(learn.DLs.Vocab, o.Class)
	if o.Class != "" && class < 0 {
		return nil, fmt.Errorf("plot: there is no class %q", o.Class)
	}
	if o.Layer == nil {
		parts := nn.Children(learn.Model)
		if len(parts) == 0 {
			return nil, errors.New("plot: the model has no parts: name the layer in CAM.Layer")
		}
		o.Layer = parts[0].Module
	}
	b, err := dl.OneBatch(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	shown, err := dl.Decode(b)
	if err != nil {
		return nil, err
	}
	if o.Most == 0 {
		o.Most = 9
	}
	shown = shown[:min(o.Most, len(shown))]
	var tiles []Tile
	err = torch.Try(func() {
		maps, classes := mapped(learn.Model, o.Layer, b.X().Narrow(0, 0, int64(len(shown))), int64(class))
		for i, s := range shown {
			picture := s.Picture.ToGo()
			tile := Tile{Picture: heated(picture, maps.Narrow(0, int64(i), 1)), Lines: []string{learn.DLs.Vocab[classes[i]]}}
			if tile.Wrong = class < 0 && s.Label != "" && s.Label != tile.Lines[0]; s.Label != "" {
				tile.Lines = append([]string{s.Label}, tile.Lines...)
			}
			tiles = append(tiles, tile)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("plot: GradCAM: %w", err)
	}
	return l.pictures(tiles)
}

// mapped are the maps of x and the class of each, the one that is asked for or, of -1, the likeliest.
func mapped(m, layer nn.Module, x *torch.Tensor, class int64) (maps *torch.Tensor, classes []int64) {
	defer preserve.Modes(m)()
	nn.Eval(m)
	maps = nn.GradCAM(m, layer, x, func(y *torch.Tensor) *torch.Tensor {
		if y.Dim() != 2 || class >= y.Size(1) {
			panic(&torch.Error{Op: "grad_cam", Msg: fmt.Sprintf("the model's output has the shape %v: want a number for each class", y.Shape())})
		}
		at := y.Detach().KeepDim().ArgMax(1)
		if class >= 0 {
			at = at.Fill_(float64(class))
		}
		classes = torch.ToSlice[int64](at)
		return y.Gather(1, at).Sum()
	})
	return maps, classes
}

// heated lays a map, 1×h×w, over a picture: its least value black, its largest white, each place mixed with the picture as the book does.
func heated(picture image.Image, cam *torch.Tensor) image.Image {
	const share = 0.6
	b := picture.Bounds()
	size := []int64{int64(b.Dy()), int64(b.Dx())}
	heats := torch.ToSlice[float32](torch.Interpolate(cam.Unsqueeze(0).To(torch.Float32), torch.InterpolateOptions{Size: size, Mode: "bilinear"}))
	low, high := slices.Min(heats), slices.Max(heats)
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			v := 0.0
			if high > low {
				v = float64((heats[y*b.Dx()+x] - low) / (high - low))
			}
			out.Set(x, y, mixed(picture.At(b.Min.X+x, b.Min.Y+y), heat(v), share))
		}
	}
	return out
}

// mixed is share of over and the rest of under.
func mixed(under, over color.Color, share float64) color.Color {
	r, g, b, _ := under.RGBA()
	x, y, z, _ := over.RGBA()
	mix := func(u, o uint32) uint8 { return uint8((float64(u)*(1-share) + float64(o)*share) / 257) }
	return color.RGBA{mix(r, x), mix(g, y), mix(b, z), 255}
}
