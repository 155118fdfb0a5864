package callback

import "github.com/fastlearn-go/fastlearn/fastlearn"

// IsOpen tells whether a logger's file is open.
func IsOpen(log fastlearn.Callback) bool { return log.(*csvLogger).file != nil }
