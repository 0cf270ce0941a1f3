package rcs

import (
	"cmp"
	"strings"

	"threadhub/normalize"
)

// richCard is one card or a row of two to ten.
type richCard struct {
	Standalone *standalone `json:"standaloneCard,omitempty"`
	Carousel   *carousel   `json:"carouselCard,omitempty"`
}

type standalone struct {
	Orientation string `json:"cardOrientation"`
	Content     card   `json:"cardContent"`
}

type carousel struct {
	Width    string `json:"cardWidth"`
	Contents []card `json:"cardContents"`
}

type card struct {
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	Media       *cardMedia   `json:"media,omitempty"`
	Suggestions []suggestion `json:"suggestions,omitempty"`
}

type cardMedia struct {
	Height string      `json:"height"`
	File   contentInfo `json:"contentInfo"`
}

// suggestion is a button: it answers with its text, or does something.
type suggestion struct {
	Reply  *reply  `json:"reply,omitempty"`
	Action *action `json:"action,omitempty"`
}

type reply struct {
	Text     string `json:"text"`
	Postback string `json:"postbackData"`
}

// action has one of the last three members.
type action struct {
	Text     string        `json:"text"`
	Postback string        `json:"postbackData"`
	Fallback string        `json:"fallbackUrl,omitempty"`
	Open     *openURL      `json:"openUrlAction,omitempty"`
	Dial     *dial         `json:"dialAction,omitempty"`
	View     *viewLocation `json:"viewLocationAction,omitempty"`
}

type openURL struct {
	URL string `json:"url"`
}

type dial struct {
	Number string `json:"phoneNumber"`
}

type viewLocation struct {
	At    latLong `json:"latLong"`
	Label string  `json:"label,omitempty"`
}

type latLong struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// suggestions are buttons. One without an id has its title for one; a link
// reports its title when it is opened.
func suggestions(buttons []normalize.Button) []suggestion {
	var all []suggestion
	for _, b := range buttons {
		postback := cmp.Or(b.ID, b.Title)
		number, tel := strings.CutPrefix(b.URL, "tel:")
		switch {
		case b.URL == "":
			all = append(all, suggestion{Reply: &reply{b.Title, postback}})
		case tel && phone(number) != "":
			all = append(all, suggestion{Action: &action{Text: b.Title, Postback: postback, Dial: &dial{phone(number)}}})
		default:
			all = append(all, suggestion{Action: &action{Text: b.Title, Postback: postback, Open: &openURL{b.URL}}})
		}
	}
	return all
}

// cards are the rows of a list, each with a suggestion that chooses it. The
// titles of sections go below the text. One row alone is a card of its own: a
// carousel has two or more.
func cards(above *content, list *normalize.List) content {
	var all []card
	for _, s := range list.Sections {
		if s.Title != "" {
			above.Text += "\n" + s.Title
		}
		for _, r := range s.Rows {
			label := r.Title
			if normalize.UTF16.Len(label) > maxLabel {
				label = cmp.Or(list.Button, label)
			}
			all = append(all, card{
				Title: r.Title, Description: r.Description,
				Suggestions: []suggestion{{Reply: &reply{cut(label, maxLabel), cmp.Or(r.ID, r.Title)}}},
			})
		}
	}
	if len(all) == 1 {
		return content{Card: &richCard{Standalone: &standalone{Orientation: "VERTICAL", Content: all[0]}}}
	}
	return content{Card: &richCard{Carousel: &carousel{Width: "MEDIUM", Contents: all}}}
}
