package config

import (
	"io"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"threadhub/connectors"
)

// envPrefix begins the name of every environment variable of the hub.
const envPrefix = "THREADHUB_"

// Input is what a process is given, so that tests can give something else.
type Input struct {
	Args    []string // without the program's name
	Environ []string // "NAME=value", as of os.Environ
	Stdout  io.Writer
	Stderr  io.Writer
}

// Parse reads the command line into cli, a pointer to a struct of commands
// that embed this package's groups, and fills what it does not name from the
// environment and the configuration file. It reads no global state but that
// file. Errors are for people and say what to do.
func Parse(cli any, in Input, options ...kong.Option) (*kong.Context, error) {
	r := &resolver{environ: environment(in.Environ)}
	all := append([]kong.Option{
		kong.Name("threadhub"),
		kong.Writers(in.Stdout, in.Stderr),
		secretMapper(),
		kong.Resolvers(r),
		kong.Bind(r),
		kong.ValueFormatter(withEnvName),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	}, options...)
	parser, err := kong.New(cli, all...)
	if err != nil {
		return nil, err
	}
	return parser.Parse(in.Args)
}

// EnvName is the environment variable of the setting with the given flag.
func EnvName(flag string) string {
	return envPrefix + strings.ToUpper(fileKey(flag))
}

// fileKey is the name of a setting in the configuration file.
func fileKey(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

func withEnvName(value *kong.Value) string {
	if !isSetting(value) {
		return kong.DefaultHelpValueFormatter(value)
	}
	return strings.TrimSuffix(value.Help, ".") + " ($" + EnvName(value.Name) + ")."
}

func isSetting(value *kong.Value) bool { return value.Tag != nil && value.Tag.Has("setting") }

// secretMapper reads a value straight into a Secret: no message of kong's can
// then show it.
func secretMapper() kong.Option {
	return kong.TypeMapper(reflect.TypeFor[connectors.Secret](), kong.MapperFunc(
		func(ctx *kong.DecodeContext, target reflect.Value) error {
			var value string
			if err := ctx.Scan.PopValueInto("value", &value); err != nil {
				return err
			}
			target.Set(reflect.ValueOf(connectors.NewSecret(value)))
			return nil
		}))
}

// setting is one of the options, as the environment and the file know it.
type setting struct {
	*kong.Flag
}

// settings lists all of them, in the order of the structs.
func settings() []setting {
	var all Server
	parser := kong.Must(&all, kong.Name("threadhub"), secretMapper(), kong.NoDefaultHelp())
	var list []setting
	for _, flag := range parser.Model.Flags {
		if isSetting(flag.Value) {
			list = append(list, setting{flag})
		}
	}
	return list
}
