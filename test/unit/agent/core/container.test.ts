import { expect, test } from 'vitest';
import { containersIn } from '../../../../agent/core/container.ts';

const id = '0123456789abcdef'.repeat(4);
const other = 'fedcba9876543210'.repeat(4);

test.each([
  ['Docker', `/docker/${id}`],
  ['Docker under systemd', `/system.slice/docker-${id}.scope`],
  [
    'containerd of Kubernetes',
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab_cd.slice/cri-containerd-${id}.scope`,
  ],
  ['containerd without systemd', `/kubepods/burstable/pod1234-5678/${id}`],
  ['containerd with both', `/system.slice/containerd.service/kubepods-podab.slice:cri-containerd:${id}`],
  ['CRI-O', `/kubepods.slice/kubepods-podab.slice/crio-${id}.scope`],
  ['Podman', `/machine.slice/libpod-${id}.scope/container`],
  ['rootless Podman', `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`],
  ['nerdctl', `/system.slice/nerdctl-${id}.scope`],
])('a container of %s is known by its control group', (_runtime, cgroup) => {
  expect(containersIn(cgroup)).toEqual([id]);
});

test('a monitor is not in the container that it watches over', () => {
  expect(containersIn(`/machine.slice/libpod-conmon-${id}.scope`)).toEqual([]);
  expect(containersIn(`/system.slice/crio-conmon-${id}.scope`)).toEqual([]);
});

test('what is not an id in full is none', () => {
  expect(containersIn(`/docker/${id}0`)).toEqual([]);
  expect(containersIn(`/docker/${id.slice(1)}`)).toEqual([]);
  expect(containersIn('/system.slice/nginx.service')).toEqual([]);
});

test('a container in a container is in both', () => {
  expect(containersIn(`/docker/${id}/kubelet/kubepods/pod1/${other}`)).toEqual([id, other]);
});
