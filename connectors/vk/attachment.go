package vk

import (
	"encoding/json"
	"slices"
	"strings"

	"threadhub/normalize"
)

// attach takes over one attachment. Media with an address becomes media, what
// can only be looked at in VK a link, and what nobody knows names the message.
func attach(out *normalize.Message, raw json.RawMessage) {
	var a attachment
	if json.Unmarshal(raw, &a) != nil || a.Type == "" {
		out.Platform = "attachment"
		return
	}
	if media, ok := a.media(); ok {
		out.Attachments = append(out.Attachments, media)
		return
	}
	if a.Type == "video" && a.Video != nil {
		out.Attachments = append(out.Attachments, a.Video.video())
		out.Failure = &normalize.Failure{Reason: normalize.ReasonContent, Message: "VK shows videos in its player only"}
		say(out, page("video", a.Video.OwnerID, a.Video.ID))
		return
	}
	if a.Type == "link" && a.Link != nil && a.Link.URL != "" {
		if !strings.Contains(out.Text, a.Link.URL) {
			say(out, strings.TrimSpace(a.Link.Title+" "+a.Link.URL))
		}
		return
	}
	if line := elsewhere(a.Type, raw); line != "" {
		say(out, line)
		return
	}
	out.Platform = shortened(a.Type)
}

// media is an attachment that has an address.
func (a *attachment) media() (normalize.Attachment, bool) {
	var m normalize.Attachment
	switch {
	case a.Type == "photo" && a.Photo != nil:
		best := largest(append(slices.Clone(a.Photo.Sizes), valueOf(a.Photo.Original)))
		m = normalize.Attachment{Type: normalize.TypeImage, URL: best.address(), Width: best.Width, Height: best.Height, Caption: a.Photo.Text}
	case a.Type == "audio_message" && a.AudioMessage != nil:
		m = a.AudioMessage.voice()
	case a.Type == "doc" && a.Doc != nil:
		m = a.Doc.file()
	case a.Type == "audio" && a.Audio != nil:
		name := strings.Trim(a.Audio.Artist+" – "+a.Audio.Title, "– ")
		m = normalize.Attachment{Type: normalize.TypeAudio, URL: a.Audio.URL, Name: name, Seconds: max(0, a.Audio.Duration)}
	case a.Type == "sticker" && a.Sticker != nil:
		best := largest(a.Sticker.Images)
		m = normalize.Attachment{Type: normalize.TypeSticker, URL: best.address(), Width: best.Width, Height: best.Height}
	case a.Type == "graffiti" && a.Graffiti != nil:
		m = normalize.Attachment{Type: normalize.TypeImage, URL: a.Graffiti.address(), Width: a.Graffiti.Width, Height: a.Graffiti.Height}
	}
	return m, m.URL != ""
}

func valueOf(p *picture) picture {
	if p == nil {
		return picture{}
	}
	return *p
}

func (p picture) address() string {
	if p.URL != "" {
		return p.URL
	}
	return p.Src
}

// largest is the widest picture; the letters that VK gives to sizes are not in
// order.
func largest(all []picture) picture {
	var best picture
	for _, p := range all {
		if p.address() != "" && (best.address() == "" || p.Width > best.Width) {
			best = p
		}
	}
	return best
}

func (v *voice) voice() normalize.Attachment {
	m := normalize.Attachment{
		Type: normalize.TypeAudio, Voice: true, MIME: "audio/ogg", URL: v.OGG, Seconds: max(0, v.Duration), Caption: v.Transcript,
	}
	if v.OGG == "" {
		m.MIME, m.URL = "audio/mpeg", v.MP3
	}
	return m
}

// file is a document, by what VK takes it for.
func (d *document) file() normalize.Attachment {
	m := normalize.Attachment{Type: normalize.TypeFile, URL: d.URL, Name: d.Title, Size: max(0, d.Size)}
	switch d.Type {
	case 3, 4:
		m.Type = normalize.TypeImage
	case 5:
		m.Type = normalize.TypeAudio
	case 6:
		m.Type = normalize.TypeVideo
	}
	if d.Type == 3 {
		m.MIME = "image/gif"
	}
	return m
}

func (d *document) video() normalize.Attachment {
	return normalize.Attachment{
		Type: normalize.TypeVideo, Name: d.Title, Seconds: max(0, d.Duration), Width: d.Width, Height: d.Height,
	}
}

// elsewhere is a line about what can only be looked at in VK.
func elsewhere(kind string, raw json.RawMessage) string {
	switch kind {
	case "wall", "market", "story", "poll", "article", "narrative", "market_album", "album", "podcast":
	default:
		return ""
	}
	var members map[string]json.RawMessage
	var o owned
	if json.Unmarshal(raw, &members) != nil || json.Unmarshal(members[kind], &o) != nil || o.ID == 0 {
		return ""
	}
	if o.OwnerID == 0 {
		o.OwnerID = o.ToID
	}
	words := o.Title
	if words == "" {
		words = o.Text
	}
	link := kind
	switch kind {
	case "market":
		link = "product"
	case "market_album":
		link = "market-album"
	}
	return strings.TrimSpace(words + " " + page(link, o.OwnerID, o.ID))
}

func page(kind string, owner, id int64) string {
	return "https://vk.com/" + kind + number(owner) + "_" + number(id)
}
