package httpapi

import (
	"threadhub/api"
	"threadhub/threads/rules"
)

func ruleVocabularyView() api.RuleVocabulary {
	return api.RuleVocabulary{
		Events:  words(rules.Events),
		Fields:  convert(rules.Terms(), ruleFieldView),
		Actions: convert(rules.ActionTypes, ruleActionKindView),
	}
}

func ruleFieldView(t rules.Term) api.RuleField {
	return api.RuleField{
		Field: string(t.Field), Sort: api.RuleFieldSort(t.Sort), Values: words(t.Values),
		TriggerOperators: words(t.Trigger), AutomationOperators: words(t.Automation),
	}
}

func ruleActionKindView(a rules.ActionType) api.RuleActionKind {
	return api.RuleActionKind{Type: string(a), Takes: api.RuleActionKindTakes(a.Takes()), Values: words(a.Values())}
}

// words are the names in a list, which is empty rather than null.
func words[T ~string](list []T) []string { return convert(list, func(w T) string { return string(w) }) }
