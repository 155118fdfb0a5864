// Distributed trains one model on several processes: as many as it is started as, alone too.
//
//	go build -o train ./examples/distributed
//	torchrun --no-python --nproc-per-node 2 ./train DIR    # a folder of pictures, a folder for each class
//
// or, without PyTorch, by its environment variables:
//
//	export MASTER_ADDR=127.0.0.1 MASTER_PORT=29500 WORLD_SIZE=2
//	RANK=0 LOCAL_RANK=0 ./train DIR & RANK=1 LOCAL_RANK=1 ./train DIR
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/metric"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/distributed"
	"github.com/fastlearn-go/fastlearn/vision"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: distributed DIR, a folder of pictures, a folder for each class")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := train(ctx, os.Args[1], 5, 64); err != nil {
		log.Fatal(err)
	}
}

func train(ctx context.Context, dir string, epochs, size int) error {
	group, err := distributed.Init(distributed.Timeout(5 * time.Minute))
	if err != nil {
		return err
	}
	defer group.Close()
	device := torch.CPU
	if n := torch.CUDADeviceCount(); n > 0 {
		device = torch.CUDA(group.LocalRank() % n)
	}

	fastlearn.SetSeed(uint64(group.Rank()))                                  // each process augments and drops out by itself
	dls, err := data.FromFolder(dir, data.ValidPct(0.2), data.SplitSeed(42), // the same split in all
		data.BatchSize(16), // of each process
		data.ItemTfms(vision.Resize(size+size/8)), data.BatchTfms(vision.AugTransforms(vision.Size(size))), data.OnDevice(device))
	if err != nil {
		return err
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.FromScratch(),
		fastlearn.Metrics(metric.Accuracy()), fastlearn.Distributed(group))
	if err != nil {
		return err
	}
	defer learn.Close()
	err = learn.FitOneCycle(ctx, epochs, fastlearn.LR(3e-3),
		fastlearn.Callbacks(fastlearn.Checkpoint("run", 50)), fastlearn.Resume("run"))
	if err != nil {
		return err
	}
	path, err := learn.Save("flowers") // which the process of rank 0 writes
	if err != nil {
		return err
	}
	if group.Rank() == 0 {
		fmt.Println("saved", path)
	}
	return nil
}
