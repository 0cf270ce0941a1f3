package slack

import (
	"encoding/json"
	"strings"

	"threadhub/normalize"
)

// Keys of Message.Context.
const (
	contextChannel = "channel"
	contextThread  = "thread_ts"
)

// metadataType is how our messages name their metadata.
const metadataType = "threadhub_message"

// messageID names a message by its channel and its ts.
func messageID(channel, ts string) normalize.PlatformID {
	return normalize.PlatformID(channel + ":" + ts)
}

// parseMessage takes a message's name apart.
func parseMessage(id normalize.PlatformID) (channel, ts string, ok bool) {
	channel, ts, ok = strings.Cut(string(id), ":")
	return channel, ts, ok && channel != "" && !clock(ts).IsZero() && !strings.Contains(ts, ":")
}

// message reads a message, or what became of one.
func (p *parser) message(e *event) error {
	if e.Channel == "" {
		return errIncomplete
	}
	switch e.Subtype {
	case "message_changed":
		return p.changed(e)
	case "message_deleted":
		return p.deleted(e)
	case "message_replied":
		return errThread
	}
	if e.TS == "" {
		return errIncomplete
	}
	switch {
	case p.ours(e):
		p.posted(e)
		return nil
	case e.BotID != "" || e.Subtype == "bot_message":
		return errOtherApp
	case e.User == "":
		return errIncomplete
	}
	id := messageID(string(e.Channel), e.TS)
	p.add(normalize.Event{
		Key: normalize.MessageKey(id), Type: normalize.EventMessage, Peer: place(e.Channel, e.ChannelType, string(e.User)),
		At: clock(e.TS), Message: content(e, string(e.Channel), e.ChannelType),
	})
	return nil
}

// ours tells what this app wrote: by its own id, or by that of its bot user.
func (p *parser) ours(e *event) bool {
	if id := p.envelope.AppID; id != "" && (e.AppID == id || e.BotProfile != nil && e.BotProfile.AppID == id) {
		return true
	}
	for _, a := range p.envelope.Authorizations {
		if a.IsBot && a.UserID != "" && a.UserID == string(e.User) {
			return true
		}
	}
	return false
}

// posted reads our own message as news of it. Its metadata, where Slack hands it
// back, holds the hub's id, which finds it when the answer was lost.
func (p *parser) posted(e *event) {
	id := messageID(string(e.Channel), e.TS)
	r := &normalize.Receipt{Target: id, Status: normalize.StatusSent}
	if e.Metadata != nil && e.Metadata.Type == metadataType {
		r.Ref = e.Metadata.Payload.ID
	}
	ev := normalize.Event{Key: "rct:" + string(id) + ":sent", Type: normalize.EventReceipt, At: clock(e.TS), Receipt: r}
	if !direct(e.Channel, e.ChannelType) {
		ev.Peer = place(e.Channel, e.ChannelType, "")
	}
	p.add(ev)
}

// changed reads message_changed. Links that unfold come as such too.
func (p *parser) changed(e *event) error {
	m := e.Message
	if m == nil || m.TS == "" {
		return errIncomplete
	}
	switch {
	case m.Subtype == "tombstone":
		e.DeletedTS = m.TS
		return p.deleted(e)
	case p.ours(m):
		return errOurs
	case m.BotID != "" || m.Subtype == "bot_message":
		return errOtherApp
	case m.User == "":
		return errIncomplete
	case m.Edited == nil && (e.Previous == nil || e.Previous.Text == m.Text):
		return errPreview
	}
	at := e.TS
	if m.Edited != nil && m.Edited.TS != "" {
		at = m.Edited.TS
	}
	id := messageID(string(e.Channel), m.TS)
	p.add(normalize.Event{
		Key: "edit:" + string(id) + ":" + at, Type: normalize.EventEdit, Peer: place(e.Channel, e.ChannelType, string(m.User)),
		At: clock(at), Edit: &normalize.Edit{Target: id, Message: *content(m, string(e.Channel), e.ChannelType)},
	})
	return nil
}

// deleted reads that a message was taken back.
func (p *parser) deleted(e *event) error {
	ts := e.DeletedTS
	if ts == "" && e.Previous != nil {
		ts = e.Previous.TS
	}
	if ts == "" {
		return errIncomplete
	}
	id := messageID(string(e.Channel), ts)
	ev := normalize.Event{Key: "del:" + string(id), Type: normalize.EventDeletion, At: clock(e.TS), Deletion: &normalize.Deletion{Target: id}}
	switch {
	case !direct(e.Channel, e.ChannelType):
		ev.Peer = place(e.Channel, e.ChannelType, "")
	case e.Previous != nil && e.Previous.BotID == "":
		ev.Peer.ID = normalize.PeerID(e.Previous.User)
	}
	p.add(ev)
	return nil
}

// direct tells the conversation of one person with the bot from those of
// several. Where the type is not told, the id's first letter tells it.
func direct(channel ref, channelType string) bool {
	if channelType != "" {
		return channelType == "im" || channelType == "app_home"
	}
	return strings.HasPrefix(string(channel), "D")
}

// place is whose conversation it is: the person's, or the channel's.
func place(channel ref, channelType, user string) normalize.Peer {
	if direct(channel, channelType) {
		return normalize.Peer{ID: normalize.PeerID(user)}
	}
	return normalize.Peer{ID: normalize.PeerID(channel), Kind: normalize.PeerGroup}
}

// content is what a message says.
func content(e *event, channel, channelType string) *normalize.Message {
	m := &normalize.Message{ID: messageID(channel, e.TS), Text: plain(e.Text), Context: map[string]string{contextChannel: channel}}
	if !direct(ref(channel), channelType) {
		m.Author = &normalize.Author{ID: normalize.PeerID(e.User)}
	}
	if e.ThreadTS != "" && e.ThreadTS != e.TS {
		m.ReplyTo = &normalize.Quote{ID: messageID(channel, e.ThreadTS)}
		m.Context[contextThread] = e.ThreadTS
	}
	for _, raw := range e.Files {
		attach(m, raw)
	}
	for _, a := range e.Attachments {
		if a.IsShare {
			// A message that was shared; previews of links are left out.
			m.Forwarded = true
			shared := a.Text
			if shared == "" {
				shared = a.Fallback
			}
			m.Text = strings.Trim(m.Text+"\n> "+strings.ReplaceAll(plain(shared), "\n", "\n> "), "\n")
		}
	}
	m.Type = kindOf(e, m)
	return m
}

// kindOf names the message by the first of what it holds.
func kindOf(e *event, m *normalize.Message) normalize.MessageType {
	switch e.Subtype {
	case "", "file_share", "me_message", "thread_broadcast":
	default:
		m.Platform = shortened(e.Subtype)
		return normalize.TypeSystem
	}
	switch {
	case len(m.Attachments) > 0:
		return m.Attachments[0].Type
	case m.Text != "":
		return normalize.TypeText
	}
	m.Platform = "empty"
	return normalize.TypeUnsupported
}

// attach takes over a file. One that Slack does not hand over any more is
// named, with the reason.
func attach(m *normalize.Message, raw json.RawMessage) {
	var f file
	if json.Unmarshal(raw, &f) != nil || f.ID == "" {
		m.Failure = &normalize.Failure{Reason: normalize.ReasonUnknown, Message: "Slack describes a file in a way that cannot be read"}
		if m.Text == "" && len(m.Attachments) == 0 {
			m.Attachments = append(m.Attachments, normalize.Attachment{Type: normalize.TypeFile})
		}
		return
	}
	a := normalize.Attachment{
		Type: mediaType(f.MIME), MIME: f.MIME, Name: f.Name, Size: max(0, f.Size), Ref: f.ID, URL: f.Download,
		Width: f.Width, Height: f.Height, Seconds: int(max(0, f.Millis) / 1000),
		Voice: f.Subtype == "slack_audio",
	}
	if a.URL == "" {
		a.URL = f.Private
	}
	if a.Name == "" {
		a.Name = f.Title
	}
	switch f.Mode {
	case "tombstone", "hidden_by_limit":
		a.URL, a.Ref = "", ""
		m.Failure = &normalize.Failure{Reason: normalize.ReasonGone, Code: f.Mode, Message: "Slack does not hand this file over any more"}
	}
	m.Attachments = append(m.Attachments, a)
}

func mediaType(mime string) normalize.MessageType {
	family, _, _ := strings.Cut(mime, "/")
	switch family {
	case "image":
		return normalize.TypeImage
	case "audio":
		return normalize.TypeAudio
	case "video":
		return normalize.TypeVideo
	}
	return normalize.TypeFile
}

// reaction reads that somebody set or took back a reaction.
func (p *parser) reaction(e *event) error {
	it := e.Item
	switch {
	case it == nil || e.User == "" || e.Reaction == "":
		return errIncomplete
	case it.Type != "message" || it.Channel == "" || it.TS == "":
		p.unknown("a reaction to something that is no message")
		return nil
	}
	id := messageID(it.Channel, it.TS)
	r := &normalize.Reaction{Target: id, Business: p.ours(e)}
	if e.Type == "reaction_added" {
		r.Emoji = emojiOf(e.Reaction)
	} else {
		r.Removed = emojiOf(e.Reaction)
	}
	peer := place(ref(it.Channel), "", string(e.User))
	if peer.Kind == normalize.PeerGroup && !r.Business {
		r.Author = &normalize.Author{ID: normalize.PeerID(e.User)}
	}
	p.add(normalize.Event{
		Key:  strings.Join([]string{"rea", string(id), string(e.User), e.Type, e.Reaction, e.EventTS}, ":"),
		Type: normalize.EventReaction, Peer: peer, At: clock(e.EventTS), Reaction: r,
	})
	return nil
}
