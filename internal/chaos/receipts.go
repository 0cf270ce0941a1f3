package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"
)

// tell delivers what a platform tells of a message that it has taken: receipts
// in any order, or an echo. News that the hub does not take over is repeated.
func (p *Platform) tell(s *sending) {
	p.mu.Lock()
	deliver, channel := p.deliver, p.channel
	p.mu.Unlock()
	if deliver == nil {
		return
	}
	switch s.kind {
	case WhatsApp:
		statuses := []string{"sent", "delivered", "read"}
		order := rand.New(rand.NewPCG(mixed(0, s.text), 0)) // the same in every run
		order.Shuffle(len(statuses), func(i, j int) { statuses[i], statuses[j] = statuses[j], statuses[i] })
		taken := 0
		for _, status := range statuses {
			if deliver(receipt(channel(WhatsApp), s, status)) == nil {
				taken++
			}
		}
		if taken == len(statuses) {
			p.noteTold(s, "read")
		}
	case Messenger:
		echo := messengerWebhook(channel(Messenger), messengerPage, s.to, Object{
			"mid": s.id, "is_echo": true, "text": s.text, "metadata": s.ref,
		})
		if deliver(echo) == nil {
			p.noteTold(s, "sent")
		}
	}
}

// receipt is a webhook with the status of a message.
func receipt(channel string, s *sending, status string) Webhook {
	return whatsappWebhook(channel, Object{"statuses": []Object{{
		"id": s.id, "status": status, "timestamp": fmt.Sprint(time.Now().Unix()), "recipient_id": s.to, "biz_opaque_callback_data": s.ref,
	}}})
}

func (p *Platform) noteTold(s *sending, status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[s.text] = status
}

// Told is the furthest status of each text that the hub has been told of.
func (p *Platform) Told() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.told)
}
