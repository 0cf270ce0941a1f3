package rules

import (
	"maps"
	"slices"
	"strings"
)

// Field names what a condition looks at.
type Field string

// Fields. Those of a message are of the one that made a trigger look; without
// one they are empty.
const (
	Status         Field = "conversation.status"
	StyleName      Field = "conversation.style"
	Priority       Field = "conversation.priority"
	Assignee       Field = "conversation.assignee_id"
	Group          Field = "conversation.group_id"
	Channel        Field = "conversation.channel_id"
	ChannelKind    Field = "conversation.channel_kind"
	Session        Field = "conversation.session"
	Tags           Field = "conversation.tags"
	Subject        Field = "conversation.subject"
	ReopenCount    Field = "conversation.reopen_count"
	MessageCount   Field = "conversation.message_count"
	NeedsAttention Field = "conversation.needs_attention"
	FollowUp       Field = "conversation.follow_up" // it follows a closed one
	ContactName    Field = "contact.name"
	ContactLocale  Field = "contact.locale"
	ContactTags    Field = "contact.tags"
	MessageText    Field = "message.text"
	MessageType    Field = "message.type"
	MessageAuthor  Field = "message.author" // contact, agent, system or external
	ReferralSource Field = "message.referral_source"
	Hours          Field = "business_hours" // the values are schedules

	InStatus             Field = "time.in_status"
	SinceCreated         Field = "time.since_created"
	SinceSolved          Field = "time.since_solved"
	SinceCustomerMessage Field = "time.since_customer_message"
	SinceAgentMessage    Field = "time.since_agent_message"
	// UnansweredFor counts while the customer's latest message has no reply.
	UnansweredFor Field = "time.unanswered"
	// Queued counts while the conversation waits for an agent.
	Queued Field = "time.in_queue"
)

// Op is how a condition compares.
type Op string

// Operators.
const (
	Is          Op = "is"
	IsNot       Op = "is_not"
	Includes    Op = "includes" // a list has one of the values
	Excludes    Op = "excludes"
	Contains    Op = "contains" // a text has one of the values in it, ignoring case
	NotContains Op = "not_contains"
	Matches     Op = "matches" // a pattern of the RE2 syntax
	AtLeast     Op = "at_least"
	LessThan    Op = "less_than"
	Present     Op = "present"
	Absent      Op = "absent"
	Changed     Op = "changed"
	ChangedTo   Op = "changed_to"
	ChangedFrom Op = "changed_from"
	Open        Op = "open"
	Closed      Op = "closed"
)

// sort is what kind of value a field has.
type sort int

const (
	word   sort = iota // one of a few, or an id
	text               // what people write
	list               // several words
	number             // a count
	truth              // true or false
	span               // time that has passed
	hours              // a schedule
)

// ops are the operators of each sort.
var ops = map[sort][]Op{
	word:   {Is, IsNot, Present, Absent, Changed, ChangedTo, ChangedFrom},
	text:   {Is, IsNot, Contains, NotContains, Matches, Present, Absent},
	list:   {Includes, Excludes, Present, Absent, Changed},
	number: {AtLeast, LessThan, Changed},
	truth:  {Is},
	span:   {AtLeast, LessThan},
	hours:  {Open, Closed},
}

// fields are all there are, with their sort and, where those are few, their
// values.
var fields = map[Field]struct {
	sort   sort
	values []string
}{
	Status:         {word, []string{"new", "open", "pending", "on_hold", "solved", "closed"}},
	StyleName:      {word, []string{"live_chat", "live_chat_returning", "social_messaging"}},
	Priority:       {word, []string{"low", "normal", "high", "urgent"}},
	Assignee:       {sort: word},
	Group:          {sort: word},
	Channel:        {sort: word},
	ChannelKind:    {sort: word},
	Session:        {word, []string{"active", "inactive", "ended"}},
	Tags:           {sort: list},
	Subject:        {sort: text},
	ReopenCount:    {sort: number},
	MessageCount:   {sort: number},
	NeedsAttention: {sort: truth},
	FollowUp:       {sort: truth},
	ContactName:    {sort: text},
	ContactLocale:  {sort: word},
	ContactTags:    {sort: list},
	MessageText:    {sort: text},
	MessageType: {word, []string{
		"text", "image", "audio", "video", "file", "sticker", "location", "contact", "reply", "order", "template", "system", "unsupported",
	}},
	MessageAuthor:        {word, []string{"contact", "agent", "system", "external"}},
	ReferralSource:       {sort: word},
	Hours:                {sort: hours},
	InStatus:             {sort: span},
	SinceCreated:         {sort: span},
	SinceSolved:          {sort: span},
	SinceCustomerMessage: {sort: span},
	SinceAgentMessage:    {sort: span},
	UnansweredFor:        {sort: span},
	Queued:               {sort: span},
}

// fieldNames lists all there are, in order.
func fieldNames() []Field { return slices.Sorted(maps.Keys(fields)) }

// time tells whether the field is time that has passed.
func (f Field) time() bool { return fields[f].sort == span && strings.HasPrefix(string(f), "time.") }

// message tells whether the field is of the message that made a trigger look.
func (f Field) message() bool { return strings.HasPrefix(string(f), "message.") }

// contact tells whether the field is known from the contact's record alone.
func (f Field) contact() bool { return f == ContactLocale || f == ContactTags }

// kept tells whether the field can differ before and after a change; whether it
// did is asked only of those.
func (f Field) kept() bool { return strings.HasPrefix(string(f), "conversation.") }
