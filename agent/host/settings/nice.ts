/** The nice value of each thread of a process (sched(7)). */
import { setNice } from '../native/thread-scheduling.ts';
import { readUnlessGone } from '../read-stat.ts';
import { threadSetting } from './thread-setting.ts';

/** Of what follows the name in parentheses: field 19 (proc_pid_stat(5)). */
const fieldOfNice = 19 - 3;

export const nice = threadSetting({
  what: 'nice',
  isValue: (text) => /^(-?[1-9]|-1\d|-20|1\d|0)$/.test(text),
  read(folder) {
    const text = readUnlessGone(`${folder}/stat`);
    return text?.slice(text.lastIndexOf(')') + 2).split(' ')[fieldOfNice];
  },
  write: (tid, value) => setNice(tid, Number(value)),
});
