package normalize

// Loss is something of an outgoing message that the channel cannot carry and
// that was degraded or left out.
type Loss struct {
	Field  string `json:"field"`  // what of the message: "buttons", "attachments[1].caption"
	Action string `json:"action"` // what became of it: "numbered_text", "split", "link", "dropped", "shortened"
	Detail string `json:"detail"` // for people
}
