package telegram

import (
	"encoding/json"
	"strconv"

	"threadhub/normalize"
)

type memberUpdate struct {
	Chat chat  `json:"chat"`
	From *user `json:"from"`
	Date int64 `json:"date"`
	Old  struct {
		Status string `json:"status"`
	} `json:"old_chat_member"`
	New struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// membership reads what became of the bot itself: blocked or unblocked by a
// person, added to or removed from a group.
func (p *parser) membership(raw json.RawMessage) error {
	var u memberUpdate
	if err := json.Unmarshal(raw, &u); err != nil {
		return err
	}
	if u.Chat.ID == 0 {
		return errIncomplete
	}
	if !u.Chat.private() {
		p.groupMembership(&u)
		return nil
	}
	status := normalize.ConsentUnblocked
	switch u.New.Status {
	case "kicked":
		status = normalize.ConsentBlocked
	case "member":
	default:
		p.unknown("my_chat_member", "the bot's new status is not one of a private chat")
		return nil
	}
	peer := chatPeer(&u.Chat, "")
	if u.From != nil && u.From.ID == u.Chat.ID {
		peer = userPeer(u.From)
	}
	p.add(normalize.Event{
		Key: p.key("consent", string(peer.ID)), Type: normalize.EventConsent, Peer: peer, At: clock(u.Date),
		Consent: &normalize.Consent{Status: status},
	})
	return nil
}

func (p *parser) groupMembership(u *memberUpdate) {
	was, is := inGroup(u.Old.Status), inGroup(u.New.Status)
	notice := &normalize.Notice{
		Kind: "group_role", Text: "The bot's role changed in " + u.Chat.Title,
		Data: map[string]string{"chat_id": strconv.FormatInt(u.Chat.ID, 10), "status": u.New.Status},
	}
	switch {
	case is && !was:
		notice.Kind, notice.Text = "group_joined", "The bot was added to "+u.Chat.Title
	case was && !is:
		notice.Kind, notice.Text = "group_left", "The bot was removed from "+u.Chat.Title
	}
	if u.From != nil {
		notice.Data["by"] = u.From.name()
	}
	p.add(normalize.Event{
		Key: p.key("member", strconv.FormatInt(u.Chat.ID, 10)), Type: normalize.EventChannel,
		Peer: chatPeer(&u.Chat, ""), At: clock(u.Date), Notice: notice,
	})
}

func inGroup(status string) bool {
	switch status {
	case "member", "administrator", "creator", "restricted":
		return true
	}
	return false
}
