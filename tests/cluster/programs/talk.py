"""The official openai client against a base URL: chat, completions, streaming, models.

Arguments: BASE_URL MODEL. Prints one JSON object with what came back.
"""

import json
import sys

from openai import OpenAI

client = OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0, timeout=120)
model = sys.argv[2]
whole = {"ignore_eos": True}  # a model of random weights ends whenever it likes
question = [{"role": "user", "content": "Say something."}]
chat = client.chat.completions.create(
    model=model, messages=question, max_tokens=8, extra_body=whole
)
text = client.completions.create(model=model, prompt="Once", max_tokens=8, extra_body=whole)
pieces = [
    piece.choices[0].delta.content or ""
    for piece in client.chat.completions.create(
        model=model, messages=question, max_tokens=8, stream=True, extra_body=whole
    )
    if piece.choices
]
print(
    json.dumps(
        {
            "models": [each.id for each in client.models.list()],
            "chat_tokens": chat.usage.completion_tokens,
            "finish": chat.choices[0].finish_reason,
            "text_tokens": text.usage.completion_tokens,
            "pieces": len(pieces),
        }
    )
)
