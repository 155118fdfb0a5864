// Package toploss words the items that a model is most wrong about: as fastai does, and the same in figures, reports and terminals.
package toploss

import (
	"fmt"

	"github.com/fastlearn-go/fastlearn/fastlearn"
)

// Heading says what stands above each picture, in its order. Only classes have a probability.
func Heading(i *fastlearn.Interpretation) string {
	if len(i.Files) > 0 {
		if _, ok := i.Prob(0); !ok {
			return "Prediction / Actual / Loss"
		}
	}
	return "Prediction / Actual / Loss / Probability"
}

// Words are what the heading says of the item at a place: prediction and actual, and the numbers as one text.
func Words(i *fastlearn.Interpretation, place int) (prediction, actual, numbers string) {
	numbers = fmt.Sprintf("%.2f", i.Losses[place])
	if prob, ok := i.Prob(place); ok {
		numbers += fmt.Sprintf(" / %.2f", prob)
	}
	return i.Predicted(place), i.Actual(place), numbers
}
