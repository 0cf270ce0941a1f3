package simulate

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed dialogues/*.txt
var dialogueFiles embed.FS

// deed is the kind of a step in which an agent does something beside writing.
const deed ActKind = "deed"

// step is one line of a dialogue.
type step struct {
	kind     ActKind // empty: an agent's reply is awaited
	word     string  // what an agent does, see [Agent]
	text     string
	buttons  []Button // offered with an agent's reply
	lat, lon float64
}

// dialogue is what a customer wants and how it goes.
type dialogue struct {
	lang  string
	title string // file and number, for logs
	steps []step
}

// loadDialogues reads every dialogue in the order of their files' names.
func loadDialogues(files fs.FS) ([]dialogue, error) {
	names, err := fs.Glob(files, "dialogues/*.txt")
	if err != nil {
		return nil, fmt.Errorf("simulate: dialogues: %w", err)
	}
	var all []dialogue
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("simulate: dialogues: %w", err)
		}
		lang := strings.TrimSuffix(path.Base(name), ".txt")
		part, err := parseDialogues(lang, string(raw))
		if err != nil {
			return nil, fmt.Errorf("simulate: %s: %w", name, err)
		}
		all = append(all, part...)
	}
	return all, nil
}

// parseDialogues reads the blocks of one file, empty lines between them.
func parseDialogues(lang, text string) ([]dialogue, error) {
	var all []dialogue
	var steps []step
	end := func() {
		if len(steps) > 0 {
			all = append(all, dialogue{lang, fmt.Sprintf("%s/%d", lang, len(all)+1), steps})
			steps = nil
		}
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			end()
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "buttons:"):
			if len(steps) == 0 || steps[len(steps)-1].kind != "" {
				return nil, fmt.Errorf("line %d: buttons belong to an agent's line", number)
			}
			steps[len(steps)-1].buttons = parseButtons(line)
		default:
			s, err := parseStep(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			steps = append(steps, s)
		}
	}
	end()
	return all, nil
}

func parseStep(line string) (step, error) {
	word, rest, ok := strings.Cut(line, ":")
	rest = strings.TrimSpace(rest)
	if !ok || rest == "" {
		return step{}, fmt.Errorf("want \"word: text\", got %q", line)
	}
	switch word {
	case "agent":
		return step{text: rest}, nil
	case "customer":
		return step{kind: Say, text: rest}, nil
	case "photo", "edit", "react", "press":
		return step{kind: ActKind(word), text: rest}, nil
	case "place":
		return parsePlace(rest)
	case "note", "status", "style", "priority", "tags":
		return step{kind: deed, word: word, text: rest}, nil
	}
	return step{}, fmt.Errorf("unknown word %q", word)
}

func parsePlace(s string) (step, error) {
	f := strings.SplitN(s, " ", 3)
	if len(f) < 2 {
		return step{}, fmt.Errorf("want latitude, longitude and name, got %q", s)
	}
	lat, err := strconv.ParseFloat(f[0], 64)
	if err != nil {
		return step{}, fmt.Errorf("latitude: %w", err)
	}
	lon, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		return step{}, fmt.Errorf("longitude: %w", err)
	}
	out := step{kind: Place, lat: lat, lon: lon}
	if len(f) == 3 {
		out.text = f[2]
	}
	return out, nil
}

func parseButtons(line string) []Button {
	var out []Button
	for title := range strings.SplitSeq(strings.TrimPrefix(line, "buttons:"), "|") {
		out = append(out, Button{ID: fmt.Sprintf("b%d", len(out)+1), Title: strings.TrimSpace(title)})
	}
	return out
}
