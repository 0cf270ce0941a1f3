package discord

import (
	"encoding/json"
	"strconv"
	"time"

	"threadhub/normalize"
)

// frame is a dispatch of the Gateway.
type frame struct {
	Event string  `json:"t"`
	Data  *object `json:"d"`
}

// delivery is what comes over HTTP: an interaction, or a webhook event.
type delivery struct {
	object
	Dispatch string `json:"t"` // of the Gateway, and so out of place
	Event    *struct {
		Type      string          `json:"type"`
		Timestamp string          `json:"timestamp"` // in UTC, without saying so
		Data      json.RawMessage `json:"data"`
	} `json:"event"`
}

// object is a message, an interaction or what a dispatch says of one; each uses
// some of the members (platforms/discord: Payloads).
type object struct {
	ID            string `json:"id"`
	Type          *int   `json:"type"`
	ApplicationID string `json:"application_id"`
	ChannelID     string `json:"channel_id"`
	GuildID       string `json:"guild_id"`

	// A message.
	Author      *user           `json:"author"`
	Content     string          `json:"content"`
	Timestamp   json.RawMessage `json:"timestamp"` // of typing: Unix seconds
	Edited      string          `json:"edited_timestamp"`
	Attachments []attachment    `json:"attachments"`
	Stickers    []sticker       `json:"sticker_items"`
	Embeds      []embed         `json:"embeds"`
	Poll        *poll           `json:"poll"`
	Reference   *reference      `json:"message_reference"`
	Referenced  *quoted         `json:"referenced_message"`
	Snapshots   []snapshot      `json:"message_snapshots"`
	Components  []component     `json:"components"`
	Flags       int64           `json:"flags"`

	// What befell a message.
	UserID    string   `json:"user_id"`
	MessageID string   `json:"message_id"`
	Emoji     *emoji   `json:"emoji"`
	IDs       []string `json:"ids"`

	// An interaction.
	Token   string       `json:"token"`
	Data    *interaction `json:"data"`
	Member  *member      `json:"member"`
	User    *user        `json:"user"`
	Message *quoted      `json:"message"`
	Locale  string       `json:"locale"`
	Context *int         `json:"context"`
}

type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Avatar     string `json:"avatar"`
	Bot        bool   `json:"bot"`
}

type member struct {
	User *user  `json:"user"`
	Nick string `json:"nick"`
}

type attachment struct {
	ID          string  `json:"id"`
	Filename    string  `json:"filename"`
	ContentType string  `json:"content_type"`
	Size        int64   `json:"size"`
	URL         string  `json:"url"`
	Width       int     `json:"width"`
	Height      int     `json:"height"`
	Seconds     float64 `json:"duration_secs"`
	Waveform    string  `json:"waveform"` // of voice messages alone
}

// sticker is one of Discord's, in a format of those below.
type sticker struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Format int    `json:"format_type"`
}

const (
	stickerLottie = 3
	stickerGIF    = 4
)

type embed struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
}

type poll struct {
	Question struct {
		Text string `json:"text"`
	} `json:"question"`
}

type reference struct {
	Type      int    `json:"type"`
	MessageID string `json:"message_id"`
}

// referenceForward is a message passed on.
const referenceForward = 1

// quoted is the message that another answers, or whose component was used.
type quoted struct {
	ID         string      `json:"id"`
	Content    string      `json:"content"`
	Components []component `json:"components"`
}

type snapshot struct {
	Message struct {
		Content     string       `json:"content"`
		Attachments []attachment `json:"attachments"`
		Stickers    []sticker    `json:"sticker_items"`
		Flags       int64        `json:"flags"`
	} `json:"message"`
}

type emoji struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// interaction is the data of one.
type interaction struct {
	Name       string      `json:"name"`
	TargetID   string      `json:"target_id"`
	Options    []option    `json:"options"`
	Resolved   *resolved   `json:"resolved"`
	CustomID   string      `json:"custom_id"`
	Component  int         `json:"component_type"`
	Values     []string    `json:"values"`
	Components []component `json:"components"`
}

type option struct {
	Name    string          `json:"name"`
	Type    int             `json:"type"`
	Value   json.RawMessage `json:"value"`
	Options []option        `json:"options"`
}

type resolved struct {
	Attachments map[string]attachment `json:"attachments"`
	Messages    map[string]quoted     `json:"messages"`
}

// component is one of a message or form: a row of others, a button, a menu, a
// field.
type component struct {
	Type       int             `json:"type"`
	CustomID   string          `json:"custom_id"`
	Label      string          `json:"label"`
	Value      json.RawMessage `json:"value"` // a text or, of a checkbox, true or false
	Values     []string        `json:"values"`
	Options    []menuOption    `json:"options"`
	Components []component     `json:"components"`
	Component  *component      `json:"component"` // of a label in a form
}

type menuOption struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Types of interaction and of component (platforms/discord: Payloads).
const (
	interactionPing         = 1
	interactionCommand      = 2
	interactionComponent    = 3
	interactionAutocomplete = 4
	interactionForm         = 5

	componentRow    = 1
	componentButton = 2
	componentMenu   = 3
)

// contextBotDM is an interaction in the direct messages with the bot.
const contextBotDM = 1

// flagVoice marks a voice message.
const flagVoice = 1 << 13

// epoch is when Discord's time begins, in ms of Unix time, and newest the last
// moment that it may name: 2100-01-01.
const (
	epoch  = 1420070400000
	newest = 4_102_444_800_000
)

// snowflake tells whether a text is an id of Discord's: a number of 64 bits.
func snowflake(id string) bool {
	if id == "" || id[0] == '0' || id[0] == '+' {
		return false
	}
	_, err := strconv.ParseUint(id, 10, 64)
	return err == nil
}

// minted is when Discord made the id.
func minted(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return clock(int64(n>>22) + epoch)
}

// clock turns ms of Unix time into a time; nonsense is none.
func clock(millis int64) time.Time {
	if millis <= 0 || millis >= newest {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// moment reads a time of ISO 8601, also one that does not say its zone.
func moment(text string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return clock(t.UnixMilli())
		}
	}
	return time.Time{}
}

// sentAt is when the message was written.
func (o *object) sentAt() time.Time {
	var text string
	if json.Unmarshal(o.Timestamp, &text) == nil {
		if t := moment(text); !t.IsZero() {
			return t
		}
	}
	return minted(o.ID)
}

// cdn is where pictures and stickers are, for anybody.
const cdn = "https://cdn.discordapp.com"

// peer is a person as Discord describes them.
func (u *user) peer() normalize.Peer {
	if u == nil || !snowflake(u.ID) {
		return normalize.Peer{}
	}
	p := normalize.Peer{ID: normalize.PeerID(u.ID), Name: u.GlobalName, Username: u.Username}
	if p.Name == "" {
		p.Name = u.Username
	}
	if u.Avatar != "" {
		format := ".png"
		if len(u.Avatar) > 2 && u.Avatar[:2] == "a_" {
			format = ".gif"
		}
		p.AvatarURL = cdn + "/avatars/" + u.ID + "/" + u.Avatar + format
	}
	return p
}

// aliasPrefix begins the alias of a person that names the channel of their
// direct messages.
const aliasPrefix = "dm:"

// inDM adds the channel of the direct messages to what a peer is called.
func inDM(p normalize.Peer, channel string) normalize.Peer {
	if p.ID != "" && snowflake(channel) {
		p.Aliases = []normalize.PeerID{normalize.PeerID(aliasPrefix + channel)}
	}
	return p
}
