package slack

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// head is the outside of what the Events API posts.
type head struct {
	Type         string `json:"type"`
	TeamID       string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
}

// envelope is all of it. The event is read along with it, since most of the time
// goes into passing over the bytes.
type envelope struct {
	head
	AppID          string          `json:"api_app_id"`
	EventID        string          `json:"event_id"`
	EventTime      int64           `json:"event_time"`
	Limited        int64           `json:"minute_rate_limited"`
	Event          *event          `json:"event"`
	Authorizations []authorization `json:"authorizations"`
}

type authorization struct {
	UserID string `json:"user_id"`
	IsBot  bool   `json:"is_bot"`
}

// event is an event, or a message within one; each uses some of the fields.
type event struct {
	Type        string `json:"type"`
	Subtype     string `json:"subtype"`
	Channel     ref    `json:"channel"`
	ChannelType string `json:"channel_type"`
	User        ref    `json:"user"`
	BotID       string `json:"bot_id"`
	AppID       string `json:"app_id"`
	BotProfile  *struct {
		AppID string `json:"app_id"`
	} `json:"bot_profile"`
	Text     string            `json:"text"`
	TS       string            `json:"ts"`
	ThreadTS string            `json:"thread_ts"`
	EventTS  string            `json:"event_ts"`
	Files    []json.RawMessage `json:"files"`
	// Attachments are what apps attach and what links unfold into.
	Attachments []struct {
		Fallback string `json:"fallback"`
		Text     string `json:"text"`
		IsShare  bool   `json:"is_share"`
	} `json:"attachments"`
	Edited *struct {
		TS string `json:"ts"`
	} `json:"edited"`
	Metadata *struct {
		Type    string `json:"event_type"`
		Payload struct {
			ID string `json:"id"`
		} `json:"event_payload"`
	} `json:"metadata"`

	Message   *event `json:"message"`          // message_changed
	Previous  *event `json:"previous_message"` // message_changed, message_deleted
	DeletedTS string `json:"deleted_ts"`       // message_deleted

	Reaction string `json:"reaction"`
	Item     *struct {
		Type    string `json:"type"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	} `json:"item"`

	Tokens *struct {
		OAuth []string `json:"oauth"`
		Bot   []string `json:"bot"`
	} `json:"tokens"` // tokens_revoked: ids of users, not tokens
}

// ref is an id that some events give as text and others as an object.
type ref string

// UnmarshalJSON reads either form.
func (r *ref) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		var object struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			return err
		}
		*r = ref(object.ID)
		return nil
	}
	return json.Unmarshal(raw, (*string)(r))
}

type file struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	MIME     string `json:"mimetype"`
	Size     int64  `json:"size"`
	Mode     string `json:"mode"`
	Access   string `json:"file_access"`
	Subtype  string `json:"subtype"`
	Private  string `json:"url_private"`
	Download string `json:"url_private_download"`
	Width    int    `json:"original_w"`
	Height   int    `json:"original_h"`
	Millis   int64  `json:"duration_ms"`
}

// interaction is the payload of interactivity; each type uses some of the
// fields.
type interaction struct {
	Type string `json:"type"`
	Team *struct {
		ID           string `json:"id"`
		EnterpriseID string `json:"enterprise_id"`
	} `json:"team"`
	User      person `json:"user"`
	Channel   ref    `json:"channel"`
	Container struct {
		Channel   string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Message *struct {
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
		Text     string `json:"text"`
	} `json:"message"`
	MessageTS  string            `json:"message_ts"`
	ActionTS   string            `json:"action_ts"`
	CallbackID string            `json:"callback_id"`
	TriggerID  string            `json:"trigger_id"`
	Actions    []json.RawMessage `json:"actions"`
	View       *struct {
		ID         string `json:"id"`
		Hash       string `json:"hash"`
		CallbackID string `json:"callback_id"`
		State      struct {
			Values json.RawMessage `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

type person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

// pressed is an action of an interaction: a button, or a choice of some menu.
type pressed struct {
	ActionID  string   `json:"action_id"`
	Name      string   `json:"name"` // before Block Kit
	Type      string   `json:"type"`
	Value     string   `json:"value"`
	Text      words    `json:"text"`
	ActionTS  string   `json:"action_ts"`
	Option    *option  `json:"selected_option"`
	Options   []option `json:"selected_options"`
	Date      string   `json:"selected_date"`
	Time      string   `json:"selected_time"`
	DateTime  int64    `json:"selected_date_time"`
	User      string   `json:"selected_user"`
	Channel   string   `json:"selected_channel"`
	Someplace string   `json:"selected_conversation"`
}

type option struct {
	Text  words  `json:"text"`
	Value string `json:"value"`
}

// words is a text that is an object in Block Kit and plain before it.
type words string

// UnmarshalJSON reads either form.
func (w *words) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		var object struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			return err
		}
		*w = words(object.Text)
		return nil
	}
	return json.Unmarshal(raw, (*string)(w))
}

// clock reads a ts, "seconds.micros", to the millisecond.
func clock(ts string) time.Time {
	whole, fraction, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	at := unix(seconds)
	const digits = 3
	if at.IsZero() || len(fraction) < digits {
		return at
	}
	millis, err := strconv.ParseUint(fraction[:digits], 10, 16)
	if err != nil {
		return at
	}
	return at.Add(time.Duration(millis) * time.Millisecond)
}

// unix turns unix seconds into a time; what is beyond reason is no time.
func unix(seconds int64) time.Time {
	if seconds <= 0 || seconds > 1<<33 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
