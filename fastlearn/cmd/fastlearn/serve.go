package main

import (
	"errors"
	"log"
	"time"

	"github.com/spf13/cobra"

	"github.com/fastlearn-go/fastlearn/fastlearn/rebuild"
	"github.com/fastlearn-go/fastlearn/fastlearn/recipe"
	"github.com/fastlearn-go/fastlearn/fastlearn/server"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint/inspect"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

func serveCommand() *cobra.Command {
	var address, samples string
	var hosts []string
	var maxBytes int64
	var maxPixels, places int
	var timeout, grace time.Duration
	c := &cobra.Command{Use: "serve [MODEL]", Short: "Serves a page to drop pictures on, and an API", Args: args(0, 1, "one model, or none"),
		Long: `Serve answers what pictures show over HTTP: a page on which pictures are dropped, pasted or chosen, POST /api/predict with
a picture's file as the body, /healthz and /readyz. MODEL is an exported file or a training's folder, and can be left out where
trained has one alone. By default it listens on localhost only. It has neither TLS nor accounts: on a network put it behind a
proxy that has them.`,
		Example: "  fastlearn serve\n  curl --data-binary @rose.jpg http://127.0.0.1:8080/api/predict"}
	f := c.Flags()
	f.StringVar(&address, "address", "127.0.0.1:8080", "where to listen; :8080 is all networks")
	f.Int64Var(&maxBytes, "max-bytes", 10<<20, "the largest file, in bytes")
	f.IntVar(&maxPixels, "max-pixels", 25_000_000, "the most pixels of a picture")
	f.IntVar(&places, "places", 64, "requests at the same time; others are told to come again")
	f.DurationVar(&timeout, "timeout", 15*time.Second, "the longest a request may take")
	f.StringSliceVar(&hosts, "hosts", nil, "names that requests may have beside this machine's, such as a proxy's")
	f.StringVar(&samples, "samples", "", "a folder of pictures, of which the page offers 12 to try")
	f.DurationVar(&grace, "grace", 30*time.Second, "how long requests may go on after Ctrl-C")
	c.RunE = func(c *cobra.Command, args []string) error {
		file, err := model(args, "")
		if err != nil {
			return err
		}
		log.SetFlags(0)
		return server.Run(c.Context(), file, address, server.Name(recipe.Name(file)), server.MaxBytes(maxBytes), server.MaxPixels(maxPixels), server.Places(places), server.Timeout(timeout), server.Grace(grace), server.Hosts(hosts...), server.Samples(samples))
	}
	return c
}

func inspectCommand() *cobra.Command {
	var out string
	var stats, asJSON, skipCRC bool
	c := &cobra.Command{Use: "inspect FILE [OTHER]", Short: "Lists, compares and converts files of weights", Args: args(1, 2, "one file, or two to compare"),
		Long: `Inspect lists what is in a file of weights of PyTorch, fastai, Lightning, timm or safetensors: tensors, values and
hyperparameters. Of two files it tells in what they differ. It never executes anything in a file. Of an export.pkl of fastai's
--out makes a file that predict and serve take, or ONNX.`,
		Example: "  fastlearn inspect --stats models/model.pth\n  fastlearn inspect one.pth other.safetensors\n  fastlearn inspect -o weights.safetensors file.pth\n  fastlearn inspect -o flowers.onnx flowers.safetensors"}
	c.Flags().BoolVar(&stats, "stats", false, "min, mean and max of each tensor, and how many NaNs it has")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&skipCRC, "skipcrc", false, "read what was written without checksums")
	c.Flags().StringVarP(&out, "out", "o", "", "write to this file: .onnx of an exported model, .safetensors, or else the weights as torch.save does")
	c.RunE = func(c *cobra.Command, files []string) (err error) {
		var opts []pth.Option
		if skipCRC {
			opts = append(opts, pth.SkipCRC())
		}
		var result inspect.Result
		switch {
		case len(files) == 2 && (out != "" || stats):
			return errors.New("--out and --stats are for one file")
		case len(files) == 2:
			result, err = inspect.Compare(files[0], files[1], opts...)
		case out != "":
			result, err = rebuild.Convert(files[0], out, opts...)
		case stats:
			result, err = inspect.Stats(files[0], opts...)
		default:
			result, err = inspect.Describe(files[0], opts...)
		}
		if err != nil {
			return err
		}
		return inspect.Write(c.OutOrStdout(), result, asJSON)
	}
	return c
}
