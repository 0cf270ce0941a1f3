package tiktok

import (
	"encoding/json"
	"strings"

	"threadhub/normalize"
)

// contextConversation is the key of Message.Context that names the conversation:
// TikTok sends to nothing else.
const contextConversation = "conversation_id"

// said reads a message. Whether it came in or went out is told by whom it is for
// and, where that is missing, by the event.
func (p *parser) said() {
	c := &p.content
	echo := p.Event == eventSent
	if p.OpenID != "" && c.ToUser.ID != "" {
		echo = c.ToUser.ID != p.OpenID
	}
	peer := normalize.Peer{ID: normalize.PeerID(c.ToUser.ID), Username: c.To}
	if !echo {
		who := c.FromUser.ID
		if who == "" {
			who = c.Unique // of an echo it is the account's own
		}
		peer = normalize.Peer{ID: normalize.PeerID(who), Username: c.From, Name: c.FromUser.DisplayName, AvatarURL: c.FromUser.Picture}
	}
	switch {
	case peer.ID == "":
		p.unknown("it names nobody")
		return
	case c.MessageID == "":
		p.unknown("a message without its id")
		return
	}
	out := c.message()
	if c.Conversation != "" {
		out.Context = map[string]string{contextConversation: c.Conversation}
	}
	e := normalize.Event{Key: normalize.MessageKey(out.ID), Type: normalize.EventMessage, Peer: peer, Message: out}
	if echo {
		e.Type, e.Mirror, out.Referral = normalize.EventEcho, true, nil
	}
	p.add(e)
}

// message is what the content says.
func (c *content) message() *normalize.Message {
	out := &normalize.Message{ID: normalize.PlatformID(c.MessageID), Referral: c.referral()}
	if id := c.Referenced.MessageID; id != "" {
		out.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(id)}
	}
	kind := strings.ToLower(c.Type)
	if kind == "" {
		kind = strings.ToLower(c.MessageType)
	}
	switch {
	case c.Source.ID != "":
		out.Type = normalize.TypeReply
		out.Reply = &normalize.Choice{Kind: normalize.ChoiceButton, ID: c.Source.ID, Title: c.Text.Body}
	case kind == "text" && c.Text.Body != "":
		out.Type, out.Text = normalize.TypeText, c.Text.Body
	case kind == "image" && c.Image.MediaID != "":
		c.attach(out, normalize.TypeImage, c.Image.MediaID)
	case kind == "video" && c.Video.MediaID != "":
		c.attach(out, normalize.TypeVideo, c.Video.MediaID)
	case kind == "share_post" && c.SharePost.EmbedURL != "":
		out.Type, out.Text = normalize.TypeText, c.SharePost.EmbedURL
	default:
		out.Type, out.Platform = normalize.TypeUnsupported, "untyped"
		if kind != "" {
			out.Platform = shortened(kind)
		}
		out.Text = c.words()
	}
	return out
}

// words is what a content of another type says all the same.
func (c *content) words() string {
	if c.Text.Body != "" {
		return c.Text.Body
	}
	if c.Template.Title == "" && len(c.Template.Elements) > 0 {
		return c.Template.Elements[0].Title
	}
	return c.Template.Title
}

// attach names media by what its download asks for.
func (c *content) attach(out *normalize.Message, kind normalize.MessageType, id string) {
	ref := strings.Join([]string{string(kind), c.Conversation, c.MessageID, id}, " ")
	out.Type, out.Attachments = kind, []normalize.Attachment{{Type: kind, Ref: ref}}
}

// referral is the ad or link that somebody came by. Its members are not
// documented: those of the usual names are taken.
func (c *content) referral() *normalize.Referral {
	var all map[string]any
	if json.Unmarshal(c.Referral, &all) != nil || len(all) == 0 {
		return nil
	}
	first := func(names ...string) string {
		for _, name := range names {
			if s, ok := all[name].(string); ok && s != "" {
				return s
			}
		}
		return ""
	}
	r := &normalize.Referral{
		Source: "link", ID: first("ad_id", "id"), URL: first("url", "link", "link_url"),
		Headline: first("ad_name", "title"), Payload: first("ref", "payload", "prefilled_message"),
	}
	if first("ad_id", "ad_name") != "" || strings.Contains(strings.ToLower(first("source", "type")), "ad") {
		r.Source = "ad"
	}
	return r
}

// receipt reads that everything up to a time was read. When the account itself
// read, it is no news.
func (p *parser) receipt() {
	c := &p.content
	upTo := clock(c.Read.Last)
	switch {
	case c.FromUser.ID == "" || upTo.IsZero():
		p.unknown("it names nobody, or no time")
	case c.FromUser.ID == p.OpenID:
		p.unknown("the account itself has read")
	default:
		p.add(normalize.Event{
			Key: "rct:" + c.FromUser.ID + ":" + c.Conversation + ":" + string(c.Read.Last), Type: normalize.EventReceipt,
			Peer:    normalize.Peer{ID: normalize.PeerID(c.FromUser.ID)},
			Receipt: &normalize.Receipt{Status: normalize.StatusRead, UpTo: upTo},
		})
	}
}

// withheld reads that somebody wrote whose words TikTok does not hand over: they
// are in Europe, where the account may not answer by the API either.
func (p *parser) withheld() {
	p.add(normalize.Event{
		Key: "news:" + p.digest(), Type: normalize.EventChannel, Peer: normalize.Peer{ID: normalize.PeerID(p.content.FromUser.ID)},
		Notice: &normalize.Notice{Kind: "message_withheld", Text: "Somebody in Europe wrote: TikTok shows it in its own app only"},
	})
}
