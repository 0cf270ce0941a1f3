package slack

import (
	"time"

	"threadhub/connectors"
	"threadhub/normalize"
)

// Pauses for throttling that names none: a message a second is what a channel
// takes; a free workspace's limits hold for longer.
const (
	shortPause = time.Second
	longPause  = time.Hour
)

// class is what an error means for a message.
type class struct {
	verdict connectors.Verdict
	reason  normalize.Reason
	after   time.Duration
}

// classOf reads an error of the Web API by its name (platforms/slack: Error
// classification). internal_error and fatal_error say that part of the work may
// have been done, which leaves open whether a message went out.
func classOf(name string, visible bool) class {
	switch name {
	case "ratelimited", "rate_limited":
		return class{connectors.Wait, normalize.ReasonThrottled, shortPause}
	case "message_limit_exceeded":
		return class{connectors.Wait, normalize.ReasonThrottled, longPause}
	case "internal_error", "fatal_error":
		if visible {
			return class{verdict: connectors.Unclear, reason: normalize.ReasonUnavailable}
		}
		return class{verdict: connectors.Retry, reason: normalize.ReasonUnavailable}
	case "service_unavailable", "request_timeout", "team_added_to_org":
		return class{verdict: connectors.Retry, reason: normalize.ReasonUnavailable}
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission", "missing_scope",
		"org_login_required", "ekm_access_denied", "not_allowed_token_type", "team_access_not_granted":
		return class{verdict: connectors.Suspend, reason: normalize.ReasonAuth}
	case "cannot_dm_bot", "messages_tab_disabled", "restricted_action", "not_in_channel", "user_not_visible":
		return class{verdict: connectors.Refuse, reason: normalize.ReasonBlocked}
	case "user_disabled", "user_not_found", "channel_not_found", "is_archived", "message_not_found", "file_not_found", "file_deleted":
		return class{verdict: connectors.Refuse, reason: normalize.ReasonGone}
	case "msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "invalid_arguments", "too_many_attachments",
		"as_user_not_supported", "invalid_name", "too_many_emoji", "too_many_reactions", "file_type_not_allowed",
		"file_upload_size_restricted", "file_uploads_disabled", "file_uploads_except_images_disabled", "metadata_too_large":
		return class{verdict: connectors.Refuse, reason: normalize.ReasonContent}
	}
	return class{verdict: connectors.Refuse, reason: normalize.ReasonUnknown}
}
