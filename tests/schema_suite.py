#!/usr/bin/env python3
"""The official JSON Schema test suite against lib/schema.

    tests/schema_suite.py FOLDER SKIPS    FOLDER has one KEYWORD.json for each
                                          keyword: tests/draft2020-12

SKIPS lists what is not run, one a line, with the reason:

    FILE -- why             the whole file
    FILE/GROUP -- why       one group by its description; * at the end
    FILE/GROUP/TEST -- why  one test; * at the end
A line that skips nothing is a failure: it hides what it does not name.
"""

import glob
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                'lib'))
from schema_judge import Judge  # noqa: E402


class Skips:
    def __init__(self, path):
        self.why = {}
        self.used = {}
        with open(path, encoding='utf-8') as f:
            for line in f:
                line = line.rstrip('\n')
                if line and not line.startswith('#'):
                    name, why = line.split(' -- ', 1)
                    self.why[name] = why
                    self.used[name] = 0

    def has(self, name):
        for key in self.why:
            if key == name or (key.endswith('*') and
                               name.startswith(key[:-1])):
                self.used[key] += 1
                return True
        return False

    def idle(self):
        return [key for key, count in self.used.items() if count == 0]


def run_group(judge, name, group, skips, count):
    group_name = f'{name}/{group["description"]}'
    if skips.has(group_name):
        count['skipped'] += len(group['tests'])
        return
    loaded = judge.schema(group['schema'])
    if loaded != 'ok':
        print(f'NOT OK {group_name}: {loaded}')
        count['failed'] += len(group['tests'])
        return
    for test in group['tests']:
        test_name = f'{group_name}/{test["description"]}'
        if skips.has(test_name):
            count['skipped'] += 1
            continue
        said = judge.value(test['data'])
        if said.split()[0] == ('valid' if test['valid'] else 'invalid'):
            count['passed'] += 1
        else:
            count['failed'] += 1
            print(f'NOT OK {test_name}: {said}')


def run(folder, skips_path):
    skips = Skips(skips_path)
    judge = Judge()
    count = {'passed': 0, 'failed': 0, 'skipped': 0}
    files = sorted(glob.glob(os.path.join(folder, '*.json')) +
                   glob.glob(os.path.join(folder, 'optional', 'format',
                                          '*.json')))
    for path in files:
        name = os.path.relpath(path, folder)[:-len('.json')]
        with open(path, encoding='utf-8') as f:
            groups = json.load(f)
        if skips.has(name):
            count['skipped'] += sum(len(g['tests']) for g in groups)
            continue
        for group in groups:
            run_group(judge, name, group, skips, count)
    judge.close()
    for key in skips.idle():
        print(f'NOT OK the skip "{key}" skips nothing')
        count['failed'] += 1
    print(f'{count["passed"]} passed, {count["failed"]} failed, '
          f'{count["skipped"]} skipped, {len(files)} files')
    return count['failed'] == 0 and count['passed'] > 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(0 if run(sys.argv[1], sys.argv[2]) else 1)
