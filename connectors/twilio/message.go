package twilio

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"threadhub/normalize"
)

// contextTransport is the key in Message.Context of what a message came over,
// when that is not what the channel is for (a number that hears both).
const contextTransport = "transport"

// incoming reads a message and, when it is a word that stops or resumes
// messages, what the person thereby allows.
func (c *connector) incoming(f form, id string, body []byte) []normalize.Event {
	over, peer := sender(f)
	if peer.ID == "" {
		return []normalize.Event{unknown(f, body, "it names no sender")}
	}
	m := c.content(f, over)
	m.ID = normalize.PlatformID(id)
	if over != c.transport {
		m.Context = map[string]string{contextTransport: over}
	}
	events := []normalize.Event{{
		Key: normalize.MessageKey(m.ID), Type: normalize.EventMessage, Peer: peer, Message: m,
	}}
	if status := consent(f, over); status != "" {
		events = append(events, normalize.Event{
			Key: "cns:" + id, Type: normalize.EventConsent, Peer: peer, Consent: &normalize.Consent{Status: status},
		})
	}
	return events
}

// split takes an address apart: "whatsapp:+1415…" is of WhatsApp, one without
// a prefix of SMS.
func split(address string) (over, rest string) {
	if prefix, rest, ok := strings.Cut(address, ":"); ok {
		return prefix, rest
	}
	return overSMS, address
}

// person is who an address stands for: a number as SMS writes it, WhatsApp's
// bare digits, or the whole address of a transport that this connector only
// passes on.
func person(address string) (over string, peer normalize.Peer) {
	over, rest := split(address)
	switch over {
	case overSMS, overRCS:
		peer.ID = normalize.PeerID(rest)
		if strings.HasPrefix(rest, "+") {
			peer.Phone = rest
		}
	case overWhatsApp:
		digits, numbered := strings.CutPrefix(rest, "+")
		peer.ID = normalize.PeerID(digits)
		if numbered {
			peer.Phone = rest
		}
	default:
		peer.ID = normalize.PeerID(address)
	}
	return over, peer
}

// sender is who wrote. WhatsApp names people by number and by an id that only
// this business knows; From may be either.
func sender(f form) (over string, peer normalize.Peer) {
	over, peer = person(f.get("From"))
	peer.Name = f.get("ProfileName")
	if over != overWhatsApp {
		return over, peer
	}
	known := peer.ID
	if number := f.get("WaId"); number != "" {
		peer.ID = normalize.PeerID(number)
		if strings.Trim(number, "0123456789") == "" {
			peer.Phone = "+" + number
		}
	}
	_, scoped := split(f.get("ExternalUserId"))
	for _, alias := range []normalize.PeerID{known, normalize.PeerID(scoped)} {
		if alias != "" && alias != peer.ID && (len(peer.Aliases) == 0 || peer.Aliases[0] != alias) {
			peer.Aliases = append(peer.Aliases, alias)
		}
	}
	return over, peer
}

// content is what the message says.
func (c *connector) content(f form, over string) *normalize.Message {
	m := &normalize.Message{
		Text: f.get("Body"), Referral: referral(f),
		Forwarded: f.get("Forwarded") == "true" || f.get("FrequentlyForwarded") == "true",
	}
	if over == overSMS && f.get("NumSegments") != "1" {
		m.Text = plain(m.Text)
	}
	if id := f.get("OriginalRepliedMessageSid"); id != "" {
		m.ReplyTo = &normalize.Quote{ID: normalize.PlatformID(id)}
	}
	m.Attachments = c.attachments(f, over)
	m.Location, m.Reply = location(f), choice(f)
	switch {
	case m.Reply != nil:
		m.Type = normalize.TypeReply
	case m.Location != nil:
		m.Type = normalize.TypeLocation
	case len(m.Attachments) > 0:
		m.Type = m.Attachments[0].Type
	case m.Text != "":
		m.Type = normalize.TypeText
	default:
		m.Type, m.Platform = normalize.TypeUnsupported, "empty"
		if kind := f.get("MessageType"); kind != "" {
			m.Platform = shortened(kind)
		}
	}
	return m
}

// plain undoes the base64 in which long texts in several segments sometimes
// arrive (platforms/twilio: Gotchas). Only what can hardly be anything else is
// taken for it: long, without a space, and words once decoded.
func plain(text string) string {
	const long = 160
	if len(text) < long || strings.ContainsAny(text, " \n") {
		return text
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || !utf8.Valid(raw) {
		return text
	}
	spaces := 0
	for _, r := range string(raw) {
		switch {
		case unicode.IsSpace(r):
			spaces++
		case !unicode.IsPrint(r):
			return text
		}
	}
	if spaces == 0 {
		return text
	}
	return string(raw)
}

// choice is the button or list row that was pressed, or a form filled in.
func choice(f form) *normalize.Choice {
	switch {
	case f.has("ListId") || f.has("ListTitle"):
		return &normalize.Choice{Kind: normalize.ChoiceList, ID: f.first("ListId", "ListTitle"), Title: f.get("ListTitle")}
	case f.get("ButtonPayload") != "" || f.get("ButtonText") != "":
		return &normalize.Choice{Kind: normalize.ChoiceButton, ID: f.first("ButtonPayload", "ButtonText"), Title: f.get("ButtonText")}
	case f.get("InteractiveData") != "":
		return &normalize.Choice{Kind: normalize.ChoiceForm, Title: f.get("Body"), Data: f.get("InteractiveData")}
	}
	return nil
}

func location(f form) *normalize.Location {
	latitude, err := strconv.ParseFloat(f.get("Latitude"), 64)
	if err != nil || !(math.Abs(latitude) <= 90) {
		return nil
	}
	longitude, err := strconv.ParseFloat(f.get("Longitude"), 64)
	if err != nil || !(math.Abs(longitude) <= 180) {
		return nil
	}
	return &normalize.Location{Latitude: latitude, Longitude: longitude, Name: f.get("Label"), Address: f.get("Address")}
}

// referral is the advertisement that somebody pressed before writing.
func referral(f form) *normalize.Referral {
	r := normalize.Referral{
		Source: f.get("ReferralSourceType"), ID: f.get("ReferralSourceId"), URL: f.get("ReferralSourceUrl"),
		Headline: f.get("ReferralHeadline"), Body: f.get("ReferralBody"), ClickID: f.get("ReferralCtwaClid"),
		MediaURL: f.first("ReferralMediaUrl", "ReferralMediaUrl0"),
	}
	if r == (normalize.Referral{}) {
		return nil
	}
	if r.Source == "" {
		r.Source = "ad"
	}
	return &r
}

// attachments are the message's files. Those of this account are named by the
// end of their address, so that they are fetched from where the channel's API
// is, with its credentials, and from nowhere else.
func (c *connector) attachments(f form, over string) []normalize.Attachment {
	const most = 100
	count, err := strconv.Atoi(f.get("NumMedia"))
	if err != nil {
		// It is not told: as many as follow each other.
		for count = 0; count < most && f.has("MediaUrl"+strconv.Itoa(count)); {
			count++
		}
	}
	var all []normalize.Attachment
	for i := range min(count, most) {
		n := strconv.Itoa(i)
		address := f.get("MediaUrl" + n)
		if address == "" {
			continue
		}
		a := normalize.Attachment{MIME: f.get("MediaContentType" + n)}
		a.Type = mediaType(a.MIME)
		if over == overWhatsApp {
			a.Voice = a.Type == normalize.TypeAudio && strings.HasPrefix(a.MIME, "audio/ogg")
			if a.Type == normalize.TypeImage && f.get("MessageType") == "sticker" {
				a.Type = normalize.TypeSticker
			}
		}
		if own := c.media.FindStringSubmatch(address); own != nil {
			a.Ref = own[1]
		} else {
			a.URL = address
		}
		all = append(all, a)
	}
	return all
}

func mediaType(mime string) normalize.MessageType {
	family, _, _ := strings.Cut(mime, "/")
	switch strings.ToLower(family) {
	case "image":
		return normalize.TypeImage
	case "audio":
		return normalize.TypeAudio
	case "video":
		return normalize.TypeVideo
	}
	return normalize.TypeFile
}

// consent reads the words by which people stop messages and ask for them again.
// Twilio names what it made of them with Advanced Opt-Out; without, it obeys the
// words themselves on SMS. "yes", which it also takes for a wish to resume, is
// far more often an answer and changes nothing here.
func consent(f form, over string) normalize.ConsentStatus {
	switch strings.ToUpper(f.get("OptOutType")) {
	case "STOP":
		return normalize.ConsentOptedOut
	case "START":
		return normalize.ConsentOptedIn
	case "HELP":
		return ""
	}
	if over != overSMS {
		return ""
	}
	switch strings.ToUpper(strings.TrimSpace(f.get("Body"))) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT":
		return normalize.ConsentOptedOut
	case "START", "UNSTOP":
		return normalize.ConsentOptedIn
	}
	return ""
}
