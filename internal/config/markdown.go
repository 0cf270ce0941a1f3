package config

import (
	"fmt"
	"strings"
)

// intro stands above the tables of docs/config.md.
const intro = `<!-- Generated from internal/config by "make generate". Do not edit. -->
# Settings

Every setting can be given as a flag, as an environment variable or in one file. A flag wins over the environment, the environment over the file, the file over the default.
An empty environment variable is the same as an unset one. Durations are written as ` + "`90s`, `15m`, `168h`" + `.

The file is named by ` + "`--config` or `THREADHUB_CONFIG`" + ` and is YAML or JSON:

` + "```yaml" + `
addr: 0.0.0.0:8080
public_url: https://hub.example.com
mongodb_uri: mongodb://db.example.com/threadhub
master_key_file: /etc/threadhub/master.key
trusted_proxies: [10.0.0.0/8]
` + "```" + `

A key of the file or a variable beginning with ` + "`THREADHUB_`" + ` that is no setting stops the start with an error that names the nearest one. Variables beginning with
` + "`THREADHUB_TEST_`" + ` and those that Kubernetes makes for a service called "threadhub" are left alone. Flags can be seen by other users of the machine: give secrets in the environment or in a file that only the hub can read.
` + "`threadhub check-config`" + ` checks it all without starting.
`

// Markdown is docs/config.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(intro)
	group := ""
	for _, s := range settings() {
		if s.Group != nil && s.Group.Title != group {
			group = s.Group.Title
			fmt.Fprintf(&b, "\n## %s\n\n| flag | environment | file | default | |\n|---|---|---|---|---|\n", group)
		}
		key, preset := "`"+fileKey(s.Name)+"`", ""
		if s.Name == "config" {
			key = "–"
		}
		if s.HasDefault {
			preset = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s | %s |\n", s.Name, EnvName(s.Name), key, preset, s.Help)
	}
	return b.String()
}
