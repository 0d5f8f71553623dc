"""lib/schema as a process: tests/schema_judge answers each line with one."""

import json
import os
import subprocess


class Text:
    """JSON that Python would write in another way, or could not hold."""

    def __init__(self, text):
        self.text = text


class Judge:
    def __init__(self):
        # The build folder is where `make check` runs.
        self.process = subprocess.Popen(
            [os.path.join(os.getcwd(), 'tests', 'schema_judge')],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            encoding='utf-8')

    def ask(self, kind, value):
        text = value.text if isinstance(value, Text) else \
            json.dumps(value, ensure_ascii=False)
        self.process.stdin.write(kind + text.replace('\n', ' ') + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip('\n')
        if not answer:
            raise RuntimeError(f'the judge died of {kind}{text[:500]}')
        return answer

    # A Text is sent as it stands, anything else is written as JSON.
    def schema(self, value):
        return self.ask('S', value)

    def value(self, value):
        return self.ask('I', value)

    def stored(self, value):
        return self.ask('F', value)

    def close(self):
        self.process.stdin.close()
        code = self.process.wait()
        if code != 0:
            raise RuntimeError(f'the judge ended with {code}')
