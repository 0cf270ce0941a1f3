package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/normalize"
)

const opTemplates = "message_templates"

// Templates lists those of the business account (platforms/whatsapp: section 3).
func (c *connector) Templates(cursor string) (*connectors.Call, error) {
	if c.wabaID == "" {
		return nil, errors.New("whatsapp templates: waba_id is missing in the channel's settings")
	}
	query := url.Values{"fields": {"name,language,category,status,components"}, "limit": {"200"}}
	if cursor != "" {
		query.Set("after", cursor)
	}
	return c.graph.Get(opTemplates, query, c.wabaID, opTemplates), nil
}

type listedTemplate struct {
	Name       string `json:"name"`
	Language   string `json:"language"`
	Category   string `json:"category"`
	Status     string `json:"status"`
	Components []struct {
		Type    string `json:"type"`
		Format  string `json:"format"`
		Text    string `json:"text"`
		Buttons []struct {
			Type string `json:"type"`
			URL  string `json:"url"`
		} `json:"buttons"`
	} `json:"components"`
}

// ReadTemplates reads a page of the list.
func (c *connector) ReadTemplates(resp *connectors.Response) ([]normalize.TemplateInfo, string, error) {
	var answer struct {
		Data   []listedTemplate `json:"data"`
		Paging struct {
			Cursors struct {
				After string `json:"after"`
			} `json:"cursors"`
			Next string `json:"next"`
		} `json:"paging"`
	}
	if resp.Status != http.StatusOK {
		return nil, "", fmt.Errorf("whatsapp templates: the platform answered %d", resp.Status)
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.Data == nil {
		return nil, "", errors.New("whatsapp templates: the answer is no list")
	}
	list := make([]normalize.TemplateInfo, len(answer.Data))
	for i, t := range answer.Data {
		list[i] = t.info()
	}
	if answer.Paging.Next == "" {
		return list, "", nil
	}
	return list, answer.Paging.Cursors.After, nil
}

func (t listedTemplate) info() normalize.TemplateInfo {
	info := normalize.TemplateInfo{
		Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status, Usable: t.Status == "APPROVED",
	}
	for _, c := range t.Components {
		switch strings.ToUpper(c.Type) {
		case "HEADER":
			if slot, ok := header(c.Format, c.Text); ok {
				info.Slots = append(info.Slots, slot)
			}
		case "BODY":
			info.Text = c.Text
			if names, n := placeholders(c.Text); n > 0 {
				info.Slots = append(info.Slots, normalize.TemplateSlot{Type: "body", Count: n, Names: names, Kind: "text"})
			}
		case "BUTTONS":
			for i, b := range c.Buttons {
				_, n := placeholders(b.URL)
				if strings.EqualFold(b.Type, "COPY_CODE") {
					n = 1
				}
				if n > 0 {
					info.Slots = append(info.Slots, normalize.TemplateSlot{Type: "button", Index: i, Count: n, Kind: "text"})
				}
			}
		}
	}
	return info
}

// header is what a header takes: the words of its text, or its one file.
func header(format, text string) (normalize.TemplateSlot, bool) {
	slot := normalize.TemplateSlot{Type: "header", Count: 1, Kind: strings.ToLower(format)}
	if format == "" || strings.EqualFold(format, "TEXT") {
		slot.Kind = "text"
		slot.Names, slot.Count = placeholders(text)
	}
	return slot, slot.Count > 0
}

var placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// placeholders counts {{1}} and {{first_name}}, each once, and answers the names
// that are no numbers.
func placeholders(text string) (names []string, n int) {
	var seen []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if slices.Contains(seen, m[1]) {
			continue
		}
		seen = append(seen, m[1])
		if strings.Trim(m[1], "0123456789") != "" {
			names = append(names, m[1])
		}
	}
	return names, len(seen)
}
