package api

// Started is a conversation with the message that was just written into it.
type Started struct {
	Conversation
	Message Message `json:"message"`
}

// IssuedToken is a token with its secret, shown this once.
type IssuedToken struct {
	Token
	Secret string `json:"token"`
}
