"""The language-model writer: the rules' brief first, then a model's better one where it passes every check."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from generation.prompting.brand import Brand
from generation.prompting.brief import Brief, Usage
from generation.prompting.clauses import cut_prompt, without_words
from generation.prompting.llm.answer import LLMAnswer
from generation.prompting.llm.conversation import Connection, Conversation, ConversationError
from generation.prompting.llm.injections import split_injections
from generation.prompting.llm.masking import Masked, mask, without_placeholders
from generation.prompting.llm.prompts import Example, Prompts, nearest
from generation.prompting.llm.purse import DailyPurse
from generation.prompting.rules import RulesWriter

_LONGEST_DRAFT = 4000
"""Characters of a draft that a model reads; a longer text is an article."""
_TOKENS_PER_CHARACTER = 0.5
"""A guess on the high side, for the purse: English has about 0.25, other scripts more."""
_TOPICS_LIMIT = 6
_NEGATIVE_LIMIT = 16


@dataclass(frozen=True)
class LLMWriter:
    """Writes briefs with a model behind a chat-completions endpoint.

    `write` never fails because of the model: whatever goes wrong, the brief of the rules is given, with a notice that
    says why. With `masking`, names, e-mail addresses, handles and phone numbers do not leave the machine. `learned`
    gives further examples, asked for each draft, since people add to them meanwhile.
    """

    rules: RulesWriter
    connection: Connection
    prompts: Prompts
    purse: DailyPurse | None = None
    masking: bool = True
    learned: Callable[[], Sequence[Example]] = tuple

    def write(self, draft: str) -> Brief:
        """The brief of a draft.

        Raises:
            DraftError: the draft is empty, too long or not text.
        """
        by_rules = self.rules.write(draft)
        text, injections = split_injections(by_rules.draft, self.prompts.injections)
        if not text:
            return _with_notice(by_rules, "The draft speaks to the machine only; the brief was written by rules.")
        plain = self.rules.write(text) if injections else by_rules
        brief = replace(self._asked(plain, text), draft=by_rules.draft, spans=by_rules.spans)
        return _with_kept_back(brief, injections)

    def improve(self, by_rules: Brief, gist: str) -> Brief:
        """A better brief of something longer than a draft, whose `gist` the model reads; never fails."""
        text, injections = split_injections(gist, self.prompts.injections)
        return _with_kept_back(self._asked(by_rules, text) if text else by_rules, injections)

    def _asked(self, plain: Brief, text: str) -> Brief:
        """The model's brief of a text, or the `plain` one with a notice."""
        masked = self._masked(text[:_LONGEST_DRAFT])
        conversation = Conversation(self.connection, self._messages(plain, masked), self.prompts.repair)
        needed = int(_TOKENS_PER_CHARACTER * sum(len(m["content"]) for m in conversation.messages))
        if self.purse and not self.purse.allows(needed + self.connection.answer_tokens):
            return _with_notice(
                plain, "The day's limit for language models is used up; the brief was written by rules."
            )
        try:
            brief = self._brief(plain, conversation.ask(), masked)
        except ConversationError as error:
            brief = _with_notice(plain, f"The language model {error}; the brief was written by rules.")
        taken = conversation.prompt_tokens, conversation.answer_tokens
        cost = self.purse.spend(self.connection.model, *taken) if self.purse else 0.0
        return replace(brief, usage=Usage(*taken, cost))

    def _masked(self, text: str) -> Masked:
        return mask(text, self._is_known) if self.masking else Masked(text)

    def _is_known(self, word: str) -> bool:
        lexicon = self.rules.lexicon
        return word in lexicon.common or word in lexicon.slang or lexicon.pictures.longest([word], 0) is not None

    def _messages(self, plain: Brief, masked: Masked) -> list[dict[str, str]]:
        voice = self._brand.voice
        system = self.prompts.system + (f"\n\nThe sender's voice, for x and linkedin: {voice}" if voice else "")
        messages = [{"role": "system", "content": system}]
        for example in nearest((*self.prompts.examples, *self._own_examples()), plain.draft):
            messages.append({"role": "user", "content": fenced(example.draft)})
            messages.append({"role": "assistant", "content": example.answer.model_dump_json()})
        readings = {span.text: span.meaning for span in plain.spans if span.meaning and span.text in masked.text}
        messages.append({"role": "user", "content": fenced(masked.text, readings)})
        return messages

    def _own_examples(self) -> list[Example]:
        """What people taught, masked like a draft; drafts that speak to the machine teach it nothing."""
        learned = [example for example in self.learned() if not self.prompts.injections.search(example.draft)]
        return [self._masked_example(example) for example in learned]

    def _masked_example(self, example: Example) -> Example:
        masked = self._masked(example.draft)
        hidden = {name: masked.hide(getattr(example.answer, name)) for name in ("normalized", "x", "linkedin")}
        return Example(masked.text, example.answer.model_copy(update=hidden))

    @property
    def _brand(self) -> Brand:
        return self.rules.brand or Brand()

    def _brief(self, plain: Brief, answer: LLMAnswer, masked: Masked) -> Brief:
        notices = list(plain.notices)
        prompt = without_words(answer.prompt, self._brand.avoid)
        if not prompt:
            notices.append("The model drew only what the brand avoids; the prompt was written by rules.")
            prompt = plain.prompt
        prompt, cut = cut_prompt(prompt)
        if cut:
            notices.append("The prompt was too long and lost its last words.")
        wanted = set(prompt.lower().replace(",", " ").split())
        negative = [
            word for word in (*self._brand.avoid, *answer.negative, *plain.negative) if word.lower() not in wanted
        ]
        suggestions = {"x": masked.restore(answer.x), "linkedin": masked.restore(answer.linkedin)}
        return replace(
            plain,
            normalized=masked.restore(answer.normalized),
            prompt=self._styled(prompt),
            negative=tuple(dict.fromkeys(negative))[:_NEGATIVE_LIMIT],
            alt_text=answer.alt_text,
            topics=tuple(without_placeholders(topic) for topic in answer.topics if topic)[:_TOPICS_LIMIT]
            or plain.topics,
            writer=self.connection.model,
            notices=tuple(notice for notice in notices if "without a language model" not in notice),
            suggestions={network: text for network, text in suggestions.items() if text},
            prompts_version=self.prompts.version,
        )

    def _styled(self, prompt: str) -> str:
        """The prompt with the brand's palette and style, for which its own last clauses make room."""
        suffix = ", ".join(part for part in (self._brand.colours, self._brand.style) if part and part not in prompt)
        if not suffix:
            return prompt
        clauses = prompt.split(", ")
        while len(clauses) > 1 and cut_prompt(", ".join((*clauses, suffix)))[1]:
            clauses.pop()
        return cut_prompt(", ".join((*clauses, suffix)))[0]


def fenced(draft: str, readings: dict[str, str] | None = None) -> str:
    """A draft as data: one JSON string between tags. `<` is written as an escape, so no draft can close the tag."""
    fence = json.dumps(draft, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    read = json.dumps(readings or {}, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<draft>{fence}</draft>\n<readings>{read}</readings>"


def _with_kept_back(brief: Brief, injections: Sequence[str]) -> Brief:
    if not injections:
        return brief
    return _with_notice(brief, f"Kept from the language model, because it speaks to it: {injections[0][:80]!r}.")


def _with_notice(brief: Brief, notice: str) -> Brief:
    return replace(brief, notices=(*brief.notices, notice))
