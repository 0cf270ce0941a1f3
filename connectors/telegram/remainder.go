package telegram

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"threadhub/normalize"
)

// envelopeFields are members of a Message that say nothing about what kind of
// content it has (Bot API, Message).
func envelopeField(name string) bool {
	switch name {
	case "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "sender_boost_count",
		"sender_business_bot", "sender_tag", "business_connection_id", "date", "edit_date", "chat", "is_topic_message",
		"is_automatic_forward", "reply_to_message", "external_reply", "quote", "reply_to_checklist_task_id", "via_bot",
		"has_protected_content", "is_from_offline", "is_paid_post", "media_group_id", "author_signature",
		"paid_star_count", "entities", "caption_entities", "link_preview_options", "suggested_post_info", "effect_id",
		"caption", "show_caption_above_media", "has_media_spoiler", "reply_markup", "text":
		return true
	}
	return strings.HasPrefix(name, "forward_")
}

// serviceText tells the members that make a message a service message, with
// what they mean in plain words.
func (m *message) serviceText(name string) (text string, ok bool) {
	switch name {
	case "new_chat_members":
		names := make([]string, len(m.NewChatMembers))
		for i := range m.NewChatMembers {
			names[i] = m.NewChatMembers[i].name()
		}
		return strings.Join(names, ", ") + " joined the group", true
	case "left_chat_member":
		if m.LeftChatMember == nil {
			return "", false
		}
		return m.LeftChatMember.name() + " left the group", true
	case "new_chat_title":
		return "The group is now called " + m.NewChatTitle, true
	}
	text, ok = plainService(name)
	return text, ok
}

// plainService are the service messages whose name says it all.
func plainService(name string) (string, bool) {
	switch name {
	case "new_chat_photo":
		return "The group has a new photo", true
	case "delete_chat_photo":
		return "The group's photo was removed", true
	case "group_chat_created", "supergroup_chat_created", "channel_chat_created":
		return "The group was created", true
	case "message_auto_delete_timer_changed":
		return "The time after which messages delete themselves was changed", true
	case "pinned_message":
		return "A message was pinned", true
	case "successful_payment":
		return "A payment was made", true
	case "refunded_payment":
		return "A payment was refunded", true
	case "write_access_allowed":
		return "The bot was allowed to write", true
	case "forum_topic_created":
		return "The topic was created", true
	case "forum_topic_edited":
		return "The topic was changed", true
	case "forum_topic_closed":
		return "The topic was closed", true
	case "forum_topic_reopened":
		return "The topic was reopened", true
	case "video_chat_scheduled", "video_chat_started", "video_chat_ended", "video_chat_participants_invited",
		"general_forum_topic_hidden", "general_forum_topic_unhidden", "users_shared", "chat_shared",
		"connected_website", "passport_data", "proximity_alert_triggered", "boost_added", "chat_background_set",
		"giveaway_created", "giveaway_completed", "checklist_tasks_done", "checklist_tasks_added", "gift", "unique_gift",
		"chat_owner_left", "chat_owner_changed", "paid_message_price_changed", "direct_message_price_changed":
		return "", true
	}
	return "", false
}

// remainder reads a message that is none of the common kinds: a service message
// becomes one of type system, everything else is kept as unsupported under
// Telegram's own name for it.
func (m *message) remainder(out *normalize.Message, raw json.RawMessage) {
	out.Type, out.Text, out.Platform = normalize.TypeUnsupported, m.Caption, "empty"
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return envelopeField(name) })
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if text, ok := m.serviceText(name); ok {
			out.Type, out.Text, out.Platform = normalize.TypeSystem, text, name
			return
		}
	}
	if len(members) > 0 {
		out.Platform = first(members)
	}
}
