module github.com/fastlearn-go/fastlearn/vision/avif

go 1.26.0

require (
	github.com/fastlearn-go/fastlearn v0.0.0
	github.com/gen2brain/avif v0.4.4
)

require (
	github.com/ebitengine/purego v0.8.3 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/sugarme/gotch v0.9.1 // indirect
	github.com/tetratelabs/wazero v1.9.0 // indirect
	golang.org/x/image v0.47.0 // indirect
)

replace github.com/fastlearn-go/fastlearn => ../..
