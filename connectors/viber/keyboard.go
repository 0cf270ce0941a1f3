package viber

import "threadhub/normalize"

// keyboard stands in place of the phone's own until another message comes.
type keyboard struct {
	Type          string   `json:"Type"`
	DefaultHeight bool     `json:"DefaultHeight"`
	Buttons       []button `json:"Buttons"`
}

type button struct {
	Columns    int    `json:"Columns"`
	Rows       int    `json:"Rows"`
	ActionType string `json:"ActionType"`
	ActionBody string `json:"ActionBody"`
	Text       string `json:"Text"`
	TextSize   string `json:"TextSize"`
}

// buttons puts a keyboard under a message, one button in a row. A button sends
// its title, and the tracking data says which id that stands for.
func buttons(m *outgoing, all []normalize.Button) error {
	if len(all) == 0 {
		return nil
	}
	m.Keyboard = &keyboard{Type: "keyboard", Buttons: make([]button, len(all))}
	t := tracking{Buttons: map[string]string{}}
	for i, b := range all {
		shown := button{Columns: 6, Rows: 1, ActionType: "reply", ActionBody: b.Title, Text: b.Title, TextSize: "regular"}
		if b.URL != "" {
			shown.ActionType, shown.ActionBody = "open-url", b.URL
		} else {
			id := b.ID
			if id == "" {
				id = b.Title
			}
			t.Buttons[digest(b.Title)] = id
		}
		m.Keyboard.Buttons[i] = shown
	}
	if len(t.Buttons) == 0 {
		return nil
	}
	var err error
	m.TrackingData, err = t.encode()
	return err
}
