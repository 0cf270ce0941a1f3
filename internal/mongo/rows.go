package mongo

import (
	"fmt"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"threadhub/threads"
)

// epoch stands for "at once" where a time is compared: a zero one is stored as
// null, and null is not before any time.
var epoch = time.Unix(0, 0).UTC()

// row is a record under its key. What the store keeps about a record stands
// beside it, never in it.
type row[T any] struct {
	ID  string `bson:"_id"`
	Doc T      `bson:"doc"`
}

// conversationRow is a document of the collection conversations.
type conversationRow struct {
	ID   string               `bson:"_id"`
	Doc  threads.Conversation `bson:"doc"`
	Slot string               `bson:"slot"`
	// Current repeats the slot on the newest conversation of it, and for a
	// moment on the one before.
	Current string `bson:"current,omitempty"`
	// Live is the slot until the conversation is closed, then its own id: a
	// unique index on it keeps a second one that is not closed out of a slot.
	Live string `bson:"live"`
	// WakeAt and Load are those of the conversation's state, for indexes.
	WakeAt time.Time    `bson:"wake_at"`
	Load   threads.Load `bson:"load"`
	// Places is how many the conversation takes whenever it takes any. It never
	// changes.
	Places int `bson:"places"`
	// Holds, Line and Offer are for indexes, which they are kept out of when
	// there is nothing to find (see holdsOf and placeOf).
	Holds string `bson:"holds,omitempty"`
	// HoldsPlaces is how many places it takes; there while Holds is.
	HoldsPlaces int       `bson:"holds_places,omitempty"`
	Line        *lineRow  `bson:"line,omitempty"`
	Offer       *offerRow `bson:"offer,omitempty"`
	// Tokens tell who made the latest commits (see tokenField).
	Tokens map[string]bson.ObjectID `bson:"tokens,omitempty"`
	// Pending rows of commits that are not all written out, by version.
	Pending map[string]pendingRows `bson:"pending,omitempty"`
	// UnsettledAt is the time of the latest commit until it is announced.
	UnsettledAt time.Time `bson:"unsettled_at,omitempty"`
	// RuleAlarmAt is when automations look at the conversation again.
	RuleAlarmAt *time.Time `bson:"rule_alarm_at,omitempty"`
	// Figures are the conversation's, encoded.
	Figures []byte `bson:"figures"`
	// Solved is there while the conversation is solved or closed.
	Solved *solvedFigures `bson:"solved,omitempty"`
	// Spent is there while the conversation is closed and not erased.
	Spent *spentRow `bson:"spent,omitempty"`
}

// spentRow is what retention finds a conversation by, in a sparse index.
type spentRow struct {
	Channel threads.ChannelID      `bson:"channel"`
	Style   threads.StyleName      `bson:"style"`
	At      time.Time              `bson:"at"`
	ID      threads.ConversationID `bson:"id"`
}

// spentOf is nil unless there is something of the closed conversation to erase.
func spentOf(c threads.Conversation) *spentRow {
	at := c.SpentSince()
	if at.IsZero() {
		return nil
	}
	return &spentRow{Channel: c.ChannelID, Style: c.State.Style, At: at, ID: c.ID}
}

// setSpent adds the field of what is there, or takes it out.
func setSpent(c threads.Conversation, fields, none bson.D) (bson.D, bson.D) {
	if spent := spentOf(c); spent != nil {
		return append(fields, bson.E{Key: "spent", Value: spent}), none
	}
	return fields, append(none, bson.E{Key: "spent", Value: ""})
}

// solvedFigures repeats the figures beside the time of the latest solve, so
// that a sparse index holds both.
type solvedFigures struct {
	At      time.Time              `bson:"at"`
	ID      threads.ConversationID `bson:"id"`
	Figures []byte                 `bson:"figures"`
}

// figuresOf are the fields that follow from the conversation's figures.
func figuresOf(c threads.Conversation) ([]byte, *solvedFigures) {
	f := threads.FiguresOf(c)
	encoded := f.Encode()
	if f.SolvedAt.IsZero() {
		return encoded, nil
	}
	return encoded, &solvedFigures{At: f.SolvedAt, ID: c.ID, Figures: encoded}
}

// pendingRows are the rows of one commit.
type pendingRows struct {
	Version     int64                `bson:"version"`
	Messages    []threads.Message    `bson:"messages,omitempty"`
	Transitions []threads.Transition `bson:"transitions,omitempty"`
	Deliveries  []threads.Delivery   `bson:"deliveries,omitempty"`
	RuleRuns    []threads.RuleRun    `bson:"rule_runs,omitempty"`

	Decisions []threads.RoutingDecision `bson:"decisions,omitempty"`
}

func (p pendingRows) empty() bool {
	return len(p.Messages)+len(p.Transitions)+len(p.Deliveries)+len(p.RuleRuns)+len(p.Decisions) == 0
}

// mayLinger tells whether the rows may stay pending for a moment when they are
// written out. Rows that somebody deletes may not: deliveries end, and what rules
// did is erased, and whoever completes the commit would bring them back.
func (p pendingRows) mayLinger() bool { return len(p.Deliveries)+len(p.RuleRuns) == 0 }

// pendingOf are the rows a change adds.
func pendingOf(c threads.Change) pendingRows {
	return pendingRows{
		Version:  c.Conversation.Version,
		Messages: c.Messages, Transitions: c.Transitions, Deliveries: c.Deliveries,
		RuleRuns: c.RuleRuns, Decisions: c.Decisions,
	}
}

// messageRow is a document of the collection messages.
type messageRow struct {
	ID  string          `bson:"_id"`
	Doc threads.Message `bson:"doc"`
	// Settled says that the message's delivery has ended: a row of the outbox
	// for it is a leftover.
	Settled bool `bson:"settled,omitempty"`
	// Dead repeats the id of a dead letter, for an index of those alone.
	Dead string `bson:"dead,omitempty"`
}

// transitionRow is a document of the collection transitions. Version and Index
// are those of its id, as numbers: the order of the log.
type transitionRow struct {
	ID      string             `bson:"_id"`
	Doc     threads.Transition `bson:"doc"`
	Version int64              `bson:"version"`
	Index   int                `bson:"index"`
}

// deliveryRow is a document of the collection deliveries.
type deliveryRow struct {
	ID   string           `bson:"_id"`
	Doc  threads.Delivery `bson:"doc"`
	Lane string           `bson:"lane"`
	Due  time.Time        `bson:"due"` // NotBefore, but never zero
	Bulk bool             `bson:"bulk"`
}

func newDeliveryRow(d threads.Delivery) deliveryRow {
	return deliveryRow{ID: string(d.MessageID), Doc: d, Lane: laneOf(d), Due: dueOf(d), Bulk: d.Bulk}
}

// laneOf is the key of the delivery's lane.
func laneOf(d threads.Delivery) string {
	return slotKey(threads.Slot{Channel: d.ChannelID, Contact: d.ContactID})
}

func dueOf(d threads.Delivery) time.Time {
	if d.NotBefore.Before(epoch) {
		return epoch
	}
	return d.NotBefore
}

// laneRow is a document of the collection lanes: a lease on the deliveries of
// a channel and contact. A lane without one is free.
type laneRow struct {
	ID    string    `bson:"_id"`
	Owner string    `bson:"owner,omitempty"`
	Until time.Time `bson:"until"`
	// Delivery is the one the lane was leased for. Only its end frees the lane.
	Delivery string        `bson:"delivery"`
	Token    bson.ObjectID `bson:"token"` // of the claim
}

// slotKey joins the two ids; the hub mints both, without a slash.
func slotKey(s threads.Slot) string { return string(s.Channel) + "/" + string(s.Contact) }

// identityKey joins channel and peer; only the first slash separates.
func identityKey(i threads.Identity) string { return string(i.Channel) + "/" + string(i.Peer) }

// liveKey is the conversation's value of Live.
func liveKey(c threads.Conversation) string {
	if c.State.Status == threads.StatusClosed {
		return string(c.ID)
	}
	return slotKey(c.Slot())
}

// pendingField is where the rows of the commit to the version wait.
func pendingField(version int64) string {
	return "pending." + pendingKey(version)
}

func pendingKey(version int64) string { return "v" + strconv.FormatInt(version, 10) }

// tokenRing is how many commits can follow one another before the first can
// no longer be told from somebody else's.
const tokenRing = 8

// tokenField is where the commit to the version leaves its token.
func tokenField(version int64) string { return "tokens." + tokenKey(version) }

func tokenKey(version int64) string { return fmt.Sprintf("s%d", version%tokenRing) }
