package wechat

import (
	"strconv"
	"strings"

	"threadhub/normalize"
)

// notShown is what WeChat sends for content that accounts do not get.
const notShown = "【收到不支持的消息类型，暂无法显示】"

// eventPrefix begins the PlatformID of a menu's choice.
const eventPrefix = "evt:"

// said reads what a person sent.
func (p *parser) said(kind string) {
	id := p.get("MsgId")
	if id == "" {
		// It is not known to happen; without an id the content is one.
		id = digest(string(p.body))
	}
	out := p.content(kind)
	out.ID = normalize.PlatformID(id)
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: p.peer(), Message: out})
}

// content is what the message says (platforms/wechat: inbound).
func (p *parser) content(kind string) *normalize.Message {
	out := &normalize.Message{Type: normalize.TypeText, Text: p.get("Content")}
	switch {
	case kind == "text" && p.get("bizmsgmenuid") != "":
		out.Type = normalize.TypeReply
		out.Reply = &normalize.Choice{Kind: normalize.ChoiceButton, ID: p.get("bizmsgmenuid"), Title: out.Text}
		out.Text = ""
	case kind == "text" && out.Text != "" && out.Text != notShown:
	case kind == "image" && p.first("PicUrl", "MediaId") != "":
		attach(out, normalize.Attachment{Type: normalize.TypeImage, URL: p.get("PicUrl"), Ref: p.get("MediaId")})
	case kind == "voice" && p.get("MediaId") != "":
		// Where recognition is switched on, WeChat tells what was said.
		out.Text = p.get("Recognition")
		attach(out, normalize.Attachment{Type: normalize.TypeAudio, MIME: voiceType(p.get("Format")), Ref: p.get("MediaId"), Voice: true})
	case (kind == "video" || kind == "shortvideo") && p.get("MediaId") != "":
		attach(out, normalize.Attachment{Type: normalize.TypeVideo, MIME: "video/mp4", Ref: p.get("MediaId")})
	case kind == "file":
		p.file(out)
	case kind == "location":
		p.place(out)
	case kind == "link" && p.get("Url") != "":
		out.Text = lines(p.get("Title"), p.get("Description"), p.get("Url"))
	default:
		out.Type, out.Platform = normalize.TypeUnsupported, shortened(kind)
		// A mini program's page has a title, a text that is not shown its words.
		out.Text = lines(out.Text, p.get("Title"))
	}
	return out
}

func attach(out *normalize.Message, a normalize.Attachment) {
	out.Type, out.Attachments = a.Type, []normalize.Attachment{a}
}

func voiceType(format string) string {
	switch strings.ToLower(format) {
	case "amr":
		return "audio/amr"
	case "speex":
		return "audio/speex"
	case "mp3":
		return "audio/mpeg"
	}
	return ""
}

// file reads a document. How one fetches it is not documented unless it comes
// with a media id like others.
func (p *parser) file(out *normalize.Message) {
	out.Type = normalize.TypeFile
	size, _ := strconv.ParseInt(p.get("FileTotalLen"), 10, 64)
	a := normalize.Attachment{Type: normalize.TypeFile, Name: p.first("Title", "FileName"), Size: max(size, 0), Ref: p.get("MediaId")}
	if a.Ref == "" {
		out.Failure = &normalize.Failure{Reason: normalize.ReasonUnknown, Message: "WeChat hands documents out to its own customer service only"}
	}
	if a.Ref != "" || a.Name != "" {
		out.Attachments = []normalize.Attachment{a}
	}
}

// place reads a location, or keeps one without a place on earth as unsupported.
func (p *parser) place(out *normalize.Message) {
	latitude, north := p.number("Location_X")
	longitude, east := p.number("Location_Y")
	if !north || !east || max(latitude, -latitude) > 90 || max(longitude, -longitude) > 180 {
		out.Type, out.Platform, out.Text = normalize.TypeUnsupported, "location", p.get("Label")
		return
	}
	out.Type = normalize.TypeLocation
	out.Location = &normalize.Location{Latitude: latitude, Longitude: longitude, Name: p.get("Poiname"), Address: p.get("Label")}
}

// choice reads the tap on an entry of the account's own menu. It is no message,
// but somebody who does so wants an answer.
func (p *parser) choice(data string) {
	out := &normalize.Message{
		ID: normalize.PlatformID(eventPrefix + p.id()), Type: normalize.TypeReply,
		Reply: &normalize.Choice{Kind: normalize.ChoicePostback, ID: p.get("EventKey"), Data: data},
		// (platforms/wechat: Window & quota)
		Window: &normalize.Window{Open: tapWindow, Messages: perTap},
	}
	p.add(normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: p.peer(), Message: out})
}

// lines joins those that are not blank.
func lines(all ...string) string {
	var kept []string
	for _, line := range all {
		if strings.TrimSpace(line) != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
