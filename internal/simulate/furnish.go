package simulate

import (
	"context"
	"net/http"
	"slices"
)

// person is somebody who works in the demo.
type person struct {
	name, email, role string
	capacity          int
	skills, groups    []string
	presence          string
}

// demoPeople are whoever watches the demo, and the agents who answer by
// themselves.
func demoPeople() (watcher person, staff []person) {
	watcher = person{"Robin Castellan", "robin@demo.example", "admin", 5, []string{"english", "french"}, []string{"Front desk", "Workshop"}, "online"}
	return watcher, []person{
		{"Mira Sandström", "mira@demo.example", "agent", 20, []string{"english", "french", "swedish"}, []string{"Front desk"}, "online"},
		{"Tomás Vidal", "tomas@demo.example", "agent", 20, []string{"spanish", "portuguese"}, []string{"Front desk"}, "online"},
		{"Aiko Tanabe", "aiko@demo.example", "agent", 8, []string{"japanese", "english"}, []string{"Workshop"}, "online"},
		{"Jonas Reuter", "jonas@demo.example", "agent", 10, []string{"german", "english"}, []string{"Workshop"}, "away"},
		{"Selma Kaya", "selma@demo.example", "agent", 10, []string{"turkish", "arabic"}, []string{"Front desk"}, "offline"},
	}
}

// styles are how the demo's channels treat what is solved, by platform; others
// are as the hub has it.
func styles() map[string]map[string]any {
	liveChat := map[string]any{"name": "live_chat"}
	return map[string]map[string]any{
		kindWebchat: liveChat, kindTwilio: liveChat,
		kindTelegram:  {"name": "live_chat_returning", "close_after": "1h"},
		kindInstagram: {"name": "live_chat_returning", "close_after": "30m"},
		kindLINE:      {"name": "live_chat_returning", "close_after": "2h"},
		kindWhatsApp:  {"name": "social_messaging", "close_after": "96h"},
		kindMessenger: {"name": "social_messaging", "close_after": "72h"},
		kindViber:     {"name": "social_messaging", "close_after": "72h"},
		kindDiscord:   {"name": "social_messaging", "close_after": "96h"},
		kindSlack:     {"name": "social_messaging", "close_after": "96h"},
	}
}

// cannedReplies are texts that the demo's agents keep at hand.
func cannedReplies() [][2]string {
	return [][2]string{
		{"Greeting", "Hello {{contact.first_name|there}}, this is {{agent.name}}. How can I help?"},
		{"Return label", "I am sorry about that, {{contact.first_name|and thank you for writing}}. The return label is in your e-mail; the courier comes tomorrow."},
		{"Opening hours", "We are open Monday to Saturday from 9 am to 7 pm, and on holidays from 11 am to 4 pm."},
	}
}

// groups makes the demo's groups and answers their ids by name.
func (h hubAPI) groups(ctx context.Context) (map[string]string, error) {
	groups := map[string]string{}
	for _, name := range []string{"Front desk", "Workshop"} {
		id, err := h.ensure(ctx, "/v1/groups", map[string]any{"name": name})
		if err != nil {
			return nil, err
		}
		groups[name] = id
	}
	return groups, nil
}

// furnish gives an empty hub what a team would have set up: queues, canned
// replies and the channels' styles. A queue or canned reply that is there
// already, by its name, is left as it is.
func (h hubAPI) furnish(ctx context.Context, channels, groups map[string]string) error {
	queues := []map[string]any{
		{"name": "Chat and text messages", "conditions": map[string]any{"styles": []string{"live_chat"}}, "groups": []string{groups["Front desk"]}},
		{
			"name": "Spanish and Portuguese", "conditions": map[string]any{"languages": []string{"es", "pt"}},
			"preferred_skills": []any{map[string]any{"name": "spanish"}}, "relax_after": "10m",
		},
		{"name": "Returns", "conditions": map[string]any{"tags": []string{"returns"}}, "groups": []string{groups["Workshop"]}},
		{"name": "Everything else"},
	}
	for _, q := range queues {
		if _, err := h.ensure(ctx, "/v1/queues", q); err != nil {
			return err
		}
	}
	for _, c := range cannedReplies() {
		if _, err := h.ensure(ctx, "/v1/canned-replies", map[string]any{"name": c[0], "text": c[1]}); err != nil {
			return err
		}
	}
	all := styles()
	for name, id := range channels {
		if style := all[name]; style != nil {
			if err := h.do(ctx, http.MethodPatch, "/v1/channels/"+id, map[string]any{"style": style}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// ensure answers the id of the record of that name, which it adds if there is
// none.
func (h hubAPI) ensure(ctx context.Context, path string, record map[string]any) (string, error) {
	type named struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	all, err := list[named](ctx, h, path, nil)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(all, func(n named) bool { return n.Name == record["name"] }); i >= 0 {
		return all[i].ID, nil
	}
	var made named
	err = h.do(ctx, http.MethodPost, path, record, &made)
	return made.ID, err
}
