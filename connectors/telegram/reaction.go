package telegram

import (
	"encoding/json"
	"slices"
	"strconv"

	"threadhub/normalize"
)

// Reactions that are not emoji: Telegram's paid star, and pictures that only
// its own clients can show.
const (
	paidReaction   = "⭐"
	customReaction = "❔"
)

type reactionUpdate struct {
	Chat      chat           `json:"chat"`
	MessageID int64          `json:"message_id"`
	User      *user          `json:"user"`
	ActorChat *chat          `json:"actor_chat"`
	Date      int64          `json:"date"`
	Old       []reactionType `json:"old_reaction"`
	New       []reactionType `json:"new_reaction"`
}

type reactionType struct {
	Type   string `json:"type"`
	Emoji  string `json:"emoji"`
	Custom string `json:"custom_emoji_id"` // tells one custom reaction from another
}

func (r reactionType) shown() string {
	switch {
	case r.Type == "paid":
		return paidReaction
	case r.Emoji == "":
		return customReaction
	}
	return r.Emoji
}

// reaction tells what somebody's reaction to a message became. Telegram reports
// the whole list before and after; an event says what the reaction now is, so a
// replaced one is a single event.
func (p *parser) reaction(raw json.RawMessage) error {
	var r reactionUpdate
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if r.MessageID <= 0 || r.Chat.ID == 0 {
		return errIncomplete
	}
	changes := r.changes()
	if len(changes) == 0 {
		p.unknown("message_reaction", "nothing changed")
		return nil
	}
	target := address{chat: r.Chat.ID}.message(r.MessageID)
	for i, emoji := range changes {
		p.add(normalize.Event{
			Key:  p.key("reaction", string(target)) + ":" + strconv.Itoa(i),
			Type: normalize.EventReaction, Peer: r.peer(), At: clock(r.Date),
			Reaction: &normalize.Reaction{Target: target, Emoji: emoji, Author: r.author()},
		})
	}
	return nil
}

// changes are the reactions added or, when some were only taken back, what is
// left: the latest one, or none.
func (r *reactionUpdate) changes() []string {
	var added []string
	for _, now := range r.New {
		if !slices.Contains(r.Old, now) {
			added = append(added, now.shown())
		}
	}
	switch {
	case len(added) > 0:
		return added
	case len(r.Old) <= len(r.New):
		return nil
	case len(r.New) == 0:
		return []string{""}
	}
	return []string{r.New[len(r.New)-1].shown()}
}

func (r *reactionUpdate) peer() normalize.Peer {
	peer := chatPeer(&r.Chat, "")
	if r.Chat.private() && r.User != nil && r.User.ID == r.Chat.ID {
		return userPeer(r.User)
	}
	return peer
}

func (r *reactionUpdate) author() *normalize.Author {
	switch {
	case r.Chat.private():
		return nil
	case r.User != nil && r.User.ID != 0:
		return &normalize.Author{ID: userID(r.User.ID), Name: r.User.name()}
	case r.ActorChat != nil && r.ActorChat.ID != 0:
		return &normalize.Author{ID: userID(r.ActorChat.ID), Name: r.ActorChat.name()}
	}
	return nil
}
