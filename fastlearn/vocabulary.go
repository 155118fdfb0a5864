package fastlearn

import (
	"slices"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// vocabKey is where a state_dict's _metadata has the classes: beside the version of the whole model, where load_state_dict
// passes over what it doesn't know.
const vocabKey = "vocab"

// noteVocab puts the names of the classes into a state_dict. Names that aren't UTF-8 have no form in a pickle.
func (l *Learner) noteVocab(state *pth.Dict) {
	if len(l.DLs.Vocab) == 0 || !allUTF8(l.DLs.Vocab) {
		return
	}
	whole, ok := pth.Get[*pth.Dict](state.Metadata(), "")
	if !ok {
		return
	}
	names := pth.NewList()
	for _, name := range l.DLs.Vocab {
		names.Items = append(names.Items, name)
	}
	whole.Set(vocabKey, names)
}

func allUTF8(texts []string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) })
}

// warnOfVocab tells, by the logger, of weights that were trained on other classes or in another order, which fit all the same.
func (l *Learner) warnOfVocab(path string, state *pth.Dict) {
	was, ok := vocabOf(state)
	if !ok || slices.Equal(was, l.DLs.Vocab) {
		return
	}
	for i, name := range l.DLs.Vocab {
		if i >= len(was) || was[i] != name {
			old := "none"
			if i < len(was) {
				old = was[i]
			}
			l.Logf("%s was trained on other classes or in another order: class %d was %q and is %q here", path, i, old, name)
			return
		}
	}
	l.Logf("%s was trained on %d classes, of which %d are here", path, len(was), len(l.DLs.Vocab))
}

// vocabOf is what noteVocab put there.
func vocabOf(state *pth.Dict) (names []string, ok bool) {
	metadata := state.Metadata()
	if metadata == nil {
		return nil, false
	}
	whole, ok := pth.Get[*pth.Dict](metadata, "")
	if !ok {
		return nil, false
	}
	list, ok := pth.Get[*pth.List](whole, vocabKey)
	if !ok {
		return nil, false
	}
	for _, item := range list.Items {
		name, isText := item.(string)
		if !isText {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}
