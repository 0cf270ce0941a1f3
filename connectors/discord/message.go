package discord

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"threadhub/normalize"
)

// Types of message that people write; the others are notes of Discord's
// (platforms/discord: Payloads).
const (
	messageDefault = 0
	messageReply   = 19
)

// said reads a message. The answer, here and in the other readers of a
// dispatch, is why it is no event that the hub has a use for.
func (p *parser) said() string {
	m := p.o
	switch {
	case !snowflake(m.ID) || m.Author == nil || !snowflake(m.Author.ID):
		return "it names no message or nobody"
	case m.Author.Bot:
		return "a bot wrote it"
	case m.GuildID != "":
		return "messages in servers are not conversations"
	}
	out := m.content()
	out.ID = normalize.PlatformID(m.ID)
	p.add(normalize.Event{
		Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: inDM(m.Author.peer(), m.ChannelID),
		At: m.sentAt(), Message: out,
	})
	return ""
}

// edited reads a message that was changed, which comes in full. Without a time
// of the edit only the previews of links were added to it.
func (p *parser) edited() string {
	m := p.o
	switch {
	case !snowflake(m.ID):
		return "it names no message"
	case m.Edited == "":
		return "it only adds the preview of a link"
	case m.Author != nil && m.Author.Bot:
		return "a bot wrote it"
	case m.Author == nil || !snowflake(m.Author.ID):
		return "it names nobody"
	case m.GuildID != "":
		return "messages in servers are not conversations"
	}
	id := normalize.PlatformID(m.ID)
	content := m.content()
	content.ID = id
	p.add(normalize.Event{
		Key: "edt:" + m.ID + ":" + shortened(m.Edited), Type: normalize.EventEdit, Peer: inDM(m.Author.peer(), m.ChannelID),
		At: moment(m.Edited), Edit: &normalize.Edit{Target: id, Message: *content},
	})
	return ""
}

// deleted reads that messages were taken back. Nobody is named.
func (p *parser) deleted(ids ...string) string {
	for _, id := range ids {
		if !snowflake(id) {
			return "it names no message"
		}
	}
	if len(ids) == 0 {
		return "it names no message"
	}
	for _, id := range ids {
		p.add(normalize.Event{
			Key: "del:" + id, Type: normalize.EventDeletion, Deletion: &normalize.Deletion{Target: normalize.PlatformID(id)},
		})
	}
	return ""
}

// reacted reads that a reaction was set or taken back. Discord lets a person
// set several; the hub keeps the latest.
func (p *parser) reacted(set bool) string {
	r := p.o
	switch {
	case !snowflake(r.UserID) || !snowflake(r.MessageID) || r.Emoji == nil:
		return "it names no message, nobody or no emoji"
	case r.GuildID != "":
		return "reactions in servers are not conversations"
	}
	reaction := &normalize.Reaction{Target: normalize.PlatformID(r.MessageID), Business: p.own != "" && r.UserID == p.own}
	if set {
		reaction.Emoji = r.Emoji.text()
		if reaction.Emoji == "" {
			return "it names no emoji"
		}
	} else {
		reaction.Removed = r.Emoji.text()
	}
	p.add(normalize.Event{
		Key: "rct:" + p.digest(), Type: normalize.EventReaction,
		Peer: inDM((&user{ID: r.UserID}).peer(), r.ChannelID), Reaction: reaction,
	})
	return ""
}

// text is the emoji itself, or the name of one that a server made.
func (e *emoji) text() string {
	if e.ID != "" && e.Name != "" {
		return ":" + e.Name + ":"
	}
	return e.Name
}

// typing reads that somebody begins to type; Discord repeats it every ten
// seconds.
func (p *parser) typing() string {
	t := p.o
	switch {
	case !snowflake(t.UserID):
		return "it names nobody"
	case t.UserID == p.own:
		return "the bot itself types"
	case t.GuildID != "":
		return "typing in servers is not a conversation"
	}
	var seconds int64
	if json.Unmarshal(t.Timestamp, &seconds) != nil || seconds <= 0 || seconds >= newest/1000 {
		seconds = 0
	}
	key := p.digest()
	if seconds > 0 {
		key = t.UserID + ":" + strconv.FormatInt(seconds, 10)
	}
	p.add(normalize.Event{
		Key: "typ:" + key, Type: normalize.EventTyping, Peer: inDM((&user{ID: t.UserID}).peer(), t.ChannelID), At: clock(seconds * 1000),
	})
	return ""
}

// content is what a message says.
func (o *object) content() *normalize.Message {
	out := &normalize.Message{Text: o.Content}
	attachments, stickers, flags := o.Attachments, o.Stickers, o.Flags
	if r := o.Reference; r != nil {
		switch {
		case r.Type == referenceForward && len(o.Snapshots) > 0:
			s := &o.Snapshots[0].Message
			out.Forwarded, out.Text = true, s.Content
			attachments, stickers, flags = s.Attachments, s.Stickers, s.Flags
		case r.Type != referenceForward && snowflake(r.MessageID):
			out.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(r.MessageID)}
			if o.Referenced != nil {
				out.ReplyTo.Text = o.Referenced.Content
			}
		}
	}
	for i := range attachments {
		out.Attachments = attachments[i].add(out.Attachments, flags&flagVoice != 0)
	}
	for i := range stickers {
		out.Attachments = stickers[i].add(out.Attachments)
	}
	o.name(out)
	return out
}

// name says what the message mainly is.
func (o *object) name(out *normalize.Message) {
	kind := messageDefault
	if o.Type != nil {
		kind = *o.Type
	}
	switch {
	case kind != messageDefault && kind != messageReply:
		out.Type, out.Platform = normalize.TypeSystem, "type_"+strconv.Itoa(kind)
	case len(out.Attachments) > 0:
		out.Type = out.Attachments[0].Type
	case out.Text != "":
		out.Type = normalize.TypeText
	case o.Poll != nil:
		out.Type, out.Platform, out.Text = normalize.TypeUnsupported, "poll", o.Poll.Question.Text
	case len(o.Embeds) > 0:
		e := &o.Embeds[0]
		out.Type, out.Platform = normalize.TypeUnsupported, "embed"
		out.Text = joined(e.Title, e.Description, e.URL)
	default:
		out.Type, out.Platform = normalize.TypeUnsupported, "empty"
	}
}

// joined puts lines below each other, without the empty ones.
func joined(lines ...string) string {
	var all []string
	for _, line := range lines {
		if line != "" {
			all = append(all, line)
		}
	}
	return strings.Join(all, "\n")
}

// add appends a file that somebody sent. Its address is signed and ends after
// about a day (platforms/discord: Identity, media, profile).
func (a *attachment) add(list []normalize.Attachment, voice bool) []normalize.Attachment {
	if a.URL == "" {
		return list
	}
	mime, _, _ := strings.Cut(a.ContentType, ";")
	out := normalize.Attachment{
		Type: normalize.TypeFile, MIME: strings.TrimSpace(mime), Name: a.Filename, Size: max(a.Size, 0), URL: a.URL,
		Width: max(a.Width, 0), Height: max(a.Height, 0), Seconds: whole(a.Seconds),
	}
	switch kind, _, _ := strings.Cut(out.MIME, "/"); kind {
	case "image":
		out.Type = normalize.TypeImage
	case "video":
		out.Type = normalize.TypeVideo
	case "audio":
		out.Type = normalize.TypeAudio
		out.Voice = voice || a.Waveform != ""
	}
	return append(list, out)
}

// whole turns a duration in seconds into whole ones, at least one.
func whole(seconds float64) int {
	if !(seconds > 0 && seconds < 1e6) {
		return 0
	}
	return max(int(math.Round(seconds)), 1)
}

// add appends a sticker: a picture, or the description of an animation.
func (s *sticker) add(list []normalize.Attachment) []normalize.Attachment {
	if !snowflake(s.ID) {
		return list
	}
	out := normalize.Attachment{Type: normalize.TypeSticker, Name: s.Name, MIME: "image/png", URL: cdn + "/stickers/" + s.ID + ".png"}
	switch s.Format {
	case stickerLottie:
		out.MIME, out.URL = "application/json", cdn+"/stickers/"+s.ID+".json"
	case stickerGIF:
		out.MIME, out.URL = "image/gif", "https://media.discordapp.net/stickers/"+s.ID+".gif"
	}
	return append(list, out)
}
