import * as $protobuf from "protobufjs";

export namespace leash {

    namespace v1 {

        interface IProcessIdentity extends leash.v1.ProcessIdentity.$Properties {
        }

        class ProcessIdentity {
            constructor(properties?: leash.v1.ProcessIdentity.$Properties);
            $unknowns?: Uint8Array[];
            bootId: string;
            pid: number;
            startTimeTicks: number;
            static encode(message: leash.v1.ProcessIdentity.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ProcessIdentity & leash.v1.ProcessIdentity.$Shape;
        }

        namespace ProcessIdentity {
            interface $Properties {
                bootId?: (string|null);
                pid?: (number|null);
                startTimeTicks?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ProcessIdentity.$Properties;
        }

        interface ISelector extends leash.v1.Selector.$Properties {
        }

        class Selector {
            constructor(properties?: leash.v1.Selector.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            cmdline: string;
            pid: number;
            user: string;
            parent?: (leash.v1.Selector.$Properties|null);
            exe: string;
            pidfile: string;
            group: string;
            unit: string;
            cgroup: string;
            cgroupTree: string;
            container: string;
            port: number;
            descendantsOf?: (leash.v1.Selector.$Properties|null);
            memoryAboveBytes: number;
            cpuAbovePercent: number;
            exclude?: (leash.v1.Selector.$Properties|null);
            allOf: leash.v1.Selector.$Properties[];
            anyOf: leash.v1.Selector.$Properties[];
            not?: (leash.v1.Selector.$Properties|null);
            static encode(message: leash.v1.Selector.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Selector & leash.v1.Selector.$Shape;
        }

        namespace Selector {
            interface $Properties {
                name?: (string|null);
                cmdline?: (string|null);
                pid?: (number|null);
                user?: (string|null);
                parent?: (leash.v1.Selector.$Properties|null);
                exe?: (string|null);
                pidfile?: (string|null);
                group?: (string|null);
                unit?: (string|null);
                cgroup?: (string|null);
                cgroupTree?: (string|null);
                container?: (string|null);
                port?: (number|null);
                descendantsOf?: (leash.v1.Selector.$Properties|null);
                memoryAboveBytes?: (number|null);
                cpuAbovePercent?: (number|null);
                exclude?: (leash.v1.Selector.$Properties|null);
                allOf?: (leash.v1.Selector.$Properties[]|null);
                anyOf?: (leash.v1.Selector.$Properties[]|null);
                not?: (leash.v1.Selector.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Selector.$Properties;
        }

        enum Mode {
            MODE_UNSPECIFIED = 0,
            MODE_ONE = 1,
            MODE_ALL = 2,
            MODE_FIXED = 3,
            MODE_PERCENT = 4,
            MODE_RANDOM_MAX_PERCENT = 5
        }

        enum Order {
            ORDER_SEEDED = 0,
            ORDER_OLDEST = 1,
            ORDER_NEWEST = 2
        }

        interface IChoice extends leash.v1.Choice.$Properties {
        }

        class Choice {
            constructor(properties?: leash.v1.Choice.$Properties);
            $unknowns?: Uint8Array[];
            mode: leash.v1.Mode;
            count: number;
            percent: number;
            seed: string;
            order: leash.v1.Order;
            static encode(message: leash.v1.Choice.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Choice & leash.v1.Choice.$Shape;
        }

        namespace Choice {
            interface $Properties {
                mode?: (leash.v1.Mode|null);
                count?: (number|null);
                percent?: (number|null);
                seed?: (string|null);
                order?: (leash.v1.Order|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Choice.$Properties;
        }

        interface ITargeting extends leash.v1.Targeting.$Properties {
        }

        class Targeting {
            constructor(properties?: leash.v1.Targeting.$Properties);
            $unknowns?: Uint8Array[];
            selector?: (leash.v1.Selector.$Properties|null);
            choice?: (leash.v1.Choice.$Properties|null);
            static encode(message: leash.v1.Targeting.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Targeting & leash.v1.Targeting.$Shape;
        }

        namespace Targeting {
            interface $Properties {
                selector?: (leash.v1.Selector.$Properties|null);
                choice?: (leash.v1.Choice.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Targeting.$Properties;
        }

        interface IProcessMatch extends leash.v1.ProcessMatch.$Properties {
        }

        class ProcessMatch {
            constructor(properties?: leash.v1.ProcessMatch.$Properties);
            $unknowns?: Uint8Array[];
            identity?: (leash.v1.ProcessIdentity.$Properties|null);
            parentPid: number;
            name: string;
            uid: number;
            user: string;
            exe: string;
            cmdline: string;
            unit: string;
            threads: number;
            matched: string[];
            protectedBy: string[];
            static encode(message: leash.v1.ProcessMatch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ProcessMatch & leash.v1.ProcessMatch.$Shape;
        }

        namespace ProcessMatch {
            interface $Properties {
                identity?: (leash.v1.ProcessIdentity.$Properties|null);
                parentPid?: (number|null);
                name?: (string|null);
                uid?: (number|null);
                user?: (string|null);
                exe?: (string|null);
                cmdline?: (string|null);
                unit?: (string|null);
                threads?: (number|null);
                matched?: (string[]|null);
                protectedBy?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ProcessMatch.$Properties;
        }

        enum Binding {
            BINDING_UNSPECIFIED = 0,
            BINDING_KERNEL = 1,
            BINDING_JOURNAL = 2,
            BINDING_ONE_SHOT = 3
        }

        interface IFaultSpec extends leash.v1.FaultSpec.$Properties {
        }

        class FaultSpec {
            constructor(properties?: leash.v1.FaultSpec.$Properties);
            $unknowns?: Uint8Array[];
            kind: string;
            parameters?: (google.protobuf.Struct.$Properties|null);
            static encode(message: leash.v1.FaultSpec.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FaultSpec & leash.v1.FaultSpec.$Shape;
        }

        namespace FaultSpec {
            interface $Properties {
                kind?: (string|null);
                parameters?: (google.protobuf.Struct.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              kind?: string|null;
              parameters?: google.protobuf.Struct.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        enum Phase {
            PHASE_UNSPECIFIED = 0,
            PHASE_BINDING = 1,
            PHASE_ACTIVE = 2,
            PHASE_ENDING = 3,
            PHASE_ENDED = 4,
            PHASE_UNRESOLVED = 5
        }

        enum Cause {
            CAUSE_UNSPECIFIED = 0,
            CAUSE_COMPLETED = 1,
            CAUSE_RESTORED = 2,
            CAUSE_LEASE_EXPIRED = 3,
            CAUSE_HALTED = 4,
            CAUSE_HOLDER_DIED = 5,
            CAUSE_AGENT_DIED = 6,
            CAUSE_AGENT_STOPPED = 7,
            CAUSE_INJECT_FAILED = 8,
            CAUSE_TARGETS_GONE = 9,
            CAUSE_LIMIT_CROSSED = 10
        }

        enum Outcome {
            OUTCOME_UNSPECIFIED = 0,
            OUTCOME_RESTORED = 1,
            OUTCOME_GONE = 2,
            OUTCOME_STOPPED_BEFORE = 3,
            OUTCOME_DONE = 4,
            OUTCOME_STILL_HELD = 5,
            OUTCOME_UNKNOWN = 6,
            OUTCOME_NOT_TOUCHED = 7,
            OUTCOME_CHANGED_MEANWHILE = 8
        }

        interface ITargetReceipt extends leash.v1.TargetReceipt.$Properties {
        }

        class TargetReceipt {
            constructor(properties?: leash.v1.TargetReceipt.$Properties);
            $unknowns?: Uint8Array[];
            identity?: (leash.v1.ProcessIdentity.$Properties|null);
            outcome: leash.v1.Outcome;
            seen: string;
            threads: number;
            threadsRunning: number;
            successor?: (leash.v1.ProcessIdentity.$Properties|null);
            respawnMs: number;
            static encode(message: leash.v1.TargetReceipt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.TargetReceipt & leash.v1.TargetReceipt.$Shape;
        }

        namespace TargetReceipt {
            interface $Properties {
                identity?: (leash.v1.ProcessIdentity.$Properties|null);
                outcome?: (leash.v1.Outcome|null);
                seen?: (string|null);
                threads?: (number|null);
                threadsRunning?: (number|null);
                successor?: (leash.v1.ProcessIdentity.$Properties|null);
                respawnMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.TargetReceipt.$Properties;
        }

        interface IReceipt extends leash.v1.Receipt.$Properties {
        }

        class Receipt {
            constructor(properties?: leash.v1.Receipt.$Properties);
            $unknowns?: Uint8Array[];
            faultId: string;
            cause: leash.v1.Cause;
            detail: string;
            confirmed: boolean;
            targets: leash.v1.TargetReceipt.$Properties[];
            endedAtUnixMs: number;
            restoredMs: number;
            resourceBackMs: number;
            static encode(message: leash.v1.Receipt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Receipt & leash.v1.Receipt.$Shape;
        }

        namespace Receipt {
            interface $Properties {
                faultId?: (string|null);
                cause?: (leash.v1.Cause|null);
                detail?: (string|null);
                confirmed?: (boolean|null);
                targets?: (leash.v1.TargetReceipt.$Properties[]|null);
                endedAtUnixMs?: (number|null);
                restoredMs?: (number|null);
                resourceBackMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Receipt.$Properties;
        }

        interface IFault extends leash.v1.Fault.$Properties {
        }

        class Fault {
            constructor(properties?: leash.v1.Fault.$Properties);
            $unknowns?: Uint8Array[];
            faultId: string;
            idempotencyKey: string;
            runId: string;
            experiment: string;
            spec?: (leash.v1.FaultSpec.$Properties|null);
            binding: leash.v1.Binding;
            phase: leash.v1.Phase;
            targets: leash.v1.ProcessIdentity.$Properties[];
            targetsDigest: string;
            injectedAtUnixMs: number;
            leaseRemainingMs: number;
            durationRemainingMs: number;
            seen: string;
            receipt?: (leash.v1.Receipt.$Properties|null);
            static encode(message: leash.v1.Fault.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Fault & leash.v1.Fault.$Shape;
        }

        namespace Fault {
            interface $Properties {
                faultId?: (string|null);
                idempotencyKey?: (string|null);
                runId?: (string|null);
                experiment?: (string|null);
                spec?: (leash.v1.FaultSpec.$Properties|null);
                binding?: (leash.v1.Binding|null);
                phase?: (leash.v1.Phase|null);
                targets?: (leash.v1.ProcessIdentity.$Properties[]|null);
                targetsDigest?: (string|null);
                injectedAtUnixMs?: (number|null);
                leaseRemainingMs?: (number|null);
                durationRemainingMs?: (number|null);
                seen?: (string|null);
                receipt?: (leash.v1.Receipt.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              faultId?: string|null;
              idempotencyKey?: string|null;
              runId?: string|null;
              experiment?: string|null;
              spec?: leash.v1.FaultSpec.$Shape|null;
              binding?: leash.v1.Binding|null;
              phase?: leash.v1.Phase|null;
              targets?: leash.v1.ProcessIdentity.$Shape[]|null;
              targetsDigest?: string|null;
              injectedAtUnixMs?: number|null;
              leaseRemainingMs?: number|null;
              durationRemainingMs?: number|null;
              seen?: string|null;
              receipt?: leash.v1.Receipt.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IExperimentFacts extends leash.v1.ExperimentFacts.$Properties {
        }

        class ExperimentFacts {
            constructor(properties?: leash.v1.ExperimentFacts.$Properties);
            $unknowns?: Uint8Array[];
            goal: string;
            runbook: string;
            tier: string;
            labels: { [k: string]: string };
            dependsOn: string[];
            blastRadius: string[];
            steps: string[];
            abortRules: string[];
            steadyState: string[];
            rollback: string[];
            contentDigest: string;
            detectors: string[];
            static encode(message: leash.v1.ExperimentFacts.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ExperimentFacts & leash.v1.ExperimentFacts.$Shape;
        }

        namespace ExperimentFacts {
            interface $Properties {
                goal?: (string|null);
                runbook?: (string|null);
                tier?: (string|null);
                labels?: ({ [k: string]: string }|null);
                dependsOn?: (string[]|null);
                blastRadius?: (string[]|null);
                steps?: (string[]|null);
                abortRules?: (string[]|null);
                steadyState?: (string[]|null);
                rollback?: (string[]|null);
                contentDigest?: (string|null);
                detectors?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ExperimentFacts.$Properties;
        }

        interface IMetricSeries extends leash.v1.MetricSeries.$Properties {
        }

        class MetricSeries {
            constructor(properties?: leash.v1.MetricSeries.$Properties);
            $unknowns?: Uint8Array[];
            probe: string;
            value: string;
            atUnixMs: number[];
            values: number[];
            static encode(message: leash.v1.MetricSeries.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.MetricSeries & leash.v1.MetricSeries.$Shape;
        }

        namespace MetricSeries {
            interface $Properties {
                probe?: (string|null);
                value?: (string|null);
                atUnixMs?: (number[]|null);
                values?: (number[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.MetricSeries.$Properties;
        }

        interface ILearning extends leash.v1.Learning.$Properties {
        }

        class Learning {
            constructor(properties?: leash.v1.Learning.$Properties);
            $unknowns?: Uint8Array[];
            atUnixMs: number;
            by: string;
            findings: string[];
            actions: leash.v1.ActionItem.$Properties[];
            static encode(message: leash.v1.Learning.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Learning & leash.v1.Learning.$Shape;
        }

        namespace Learning {
            interface $Properties {
                atUnixMs?: (number|null);
                by?: (string|null);
                findings?: (string[]|null);
                actions?: (leash.v1.ActionItem.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Learning.$Properties;
        }

        interface IActionItem extends leash.v1.ActionItem.$Properties {
        }

        class ActionItem {
            constructor(properties?: leash.v1.ActionItem.$Properties);
            $unknowns?: Uint8Array[];
            text: string;
            owner: string;
            static encode(message: leash.v1.ActionItem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ActionItem & leash.v1.ActionItem.$Shape;
        }

        namespace ActionItem {
            interface $Properties {
                text?: (string|null);
                owner?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ActionItem.$Properties;
        }

        interface IPlaybookFile extends leash.v1.PlaybookFile.$Properties {
        }

        class PlaybookFile {
            constructor(properties?: leash.v1.PlaybookFile.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            text: string;
            static encode(message: leash.v1.PlaybookFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.PlaybookFile & leash.v1.PlaybookFile.$Shape;
        }

        namespace PlaybookFile {
            interface $Properties {
                name?: (string|null);
                text?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.PlaybookFile.$Properties;
        }

        interface IPromoteRequest extends leash.v1.PromoteRequest.$Properties {
        }

        class PromoteRequest {
            constructor(properties?: leash.v1.PromoteRequest.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            text: string;
            stage: string;
            playbooks: leash.v1.PlaybookFile.$Properties[];
            static encode(message: leash.v1.PromoteRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.PromoteRequest & leash.v1.PromoteRequest.$Shape;
        }

        namespace PromoteRequest {
            interface $Properties {
                name?: (string|null);
                text?: (string|null);
                stage?: (string|null);
                playbooks?: (leash.v1.PlaybookFile.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.PromoteRequest.$Properties;
        }

        interface IPromoteReply extends leash.v1.PromoteReply.$Properties {
        }

        class PromoteReply {
            constructor(properties?: leash.v1.PromoteReply.$Properties);
            $unknowns?: Uint8Array[];
            accepted: boolean;
            experiment: string;
            contentDigest: string;
            from: string;
            to: string;
            passedRunId: string;
            passedAtUnixMs: number;
            rehearsalId: string;
            reasons: string[];
            remedies: string[];
            static encode(message: leash.v1.PromoteReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.PromoteReply & leash.v1.PromoteReply.$Shape;
        }

        namespace PromoteReply {
            interface $Properties {
                accepted?: (boolean|null);
                experiment?: (string|null);
                contentDigest?: (string|null);
                from?: (string|null);
                to?: (string|null);
                passedRunId?: (string|null);
                passedAtUnixMs?: (number|null);
                rehearsalId?: (string|null);
                reasons?: (string[]|null);
                remedies?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.PromoteReply.$Properties;
        }

        interface ILearnRequest extends leash.v1.LearnRequest.$Properties {
        }

        class LearnRequest {
            constructor(properties?: leash.v1.LearnRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            findings: string[];
            actions: leash.v1.ActionItem.$Properties[];
            static encode(message: leash.v1.LearnRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.LearnRequest & leash.v1.LearnRequest.$Shape;
        }

        namespace LearnRequest {
            interface $Properties {
                runId?: (string|null);
                findings?: (string[]|null);
                actions?: (leash.v1.ActionItem.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.LearnRequest.$Properties;
        }

        interface IRollbackAction extends leash.v1.RollbackAction.$Properties {
        }

        class RollbackAction {
            constructor(properties?: leash.v1.RollbackAction.$Properties);
            $unknowns?: Uint8Array[];
            systemdRestart?: (leash.v1.SystemdRestart.$Properties|null);
            httpCall?: (leash.v1.HttpCall.$Properties|null);
            programRun?: (leash.v1.ProgramRun.$Properties|null);
            kind?: ("systemdRestart"|"httpCall"|"programRun");
            static encode(message: leash.v1.RollbackAction.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RollbackAction & leash.v1.RollbackAction.$Shape;
        }

        namespace RollbackAction {
            interface $Properties {
                systemdRestart?: (leash.v1.SystemdRestart.$Properties|null);
                httpCall?: (leash.v1.HttpCall.$Properties|null);
                programRun?: (leash.v1.ProgramRun.$Properties|null);
                kind?: ("systemdRestart"|"httpCall"|"programRun");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              systemdRestart?: leash.v1.SystemdRestart.$Shape|null;
              httpCall?: leash.v1.HttpCall.$Shape|null;
              programRun?: leash.v1.ProgramRun.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ kind?: undefined; systemdRestart?: null; httpCall?: null; programRun?: null }|{ kind?: "systemdRestart"; systemdRestart: leash.v1.SystemdRestart.$Shape; httpCall?: null; programRun?: null }|{ kind?: "httpCall"; systemdRestart?: null; httpCall: leash.v1.HttpCall.$Shape; programRun?: null }|{ kind?: "programRun"; systemdRestart?: null; httpCall?: null; programRun: leash.v1.ProgramRun.$Shape })
            );
        }

        interface ISystemdRestart extends leash.v1.SystemdRestart.$Properties {
        }

        class SystemdRestart {
            constructor(properties?: leash.v1.SystemdRestart.$Properties);
            $unknowns?: Uint8Array[];
            unit: string;
            static encode(message: leash.v1.SystemdRestart.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.SystemdRestart & leash.v1.SystemdRestart.$Shape;
        }

        namespace SystemdRestart {
            interface $Properties {
                unit?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.SystemdRestart.$Properties;
        }

        interface IHttpCall extends leash.v1.HttpCall.$Properties {
        }

        class HttpCall {
            constructor(properties?: leash.v1.HttpCall.$Properties);
            $unknowns?: Uint8Array[];
            method: string;
            url: string;
            static encode(message: leash.v1.HttpCall.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HttpCall & leash.v1.HttpCall.$Shape;
        }

        namespace HttpCall {
            interface $Properties {
                method?: (string|null);
                url?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HttpCall.$Properties;
        }

        interface IProgramRun extends leash.v1.ProgramRun.$Properties {
        }

        class ProgramRun {
            constructor(properties?: leash.v1.ProgramRun.$Properties);
            $unknowns?: Uint8Array[];
            program: string;
            args: string[];
            static encode(message: leash.v1.ProgramRun.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ProgramRun & leash.v1.ProgramRun.$Shape;
        }

        namespace ProgramRun {
            interface $Properties {
                program?: (string|null);
                args?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ProgramRun.$Properties;
        }

        interface IActionOutcome extends leash.v1.ActionOutcome.$Properties {
        }

        class ActionOutcome {
            constructor(properties?: leash.v1.ActionOutcome.$Properties);
            $unknowns?: Uint8Array[];
            action?: (leash.v1.RollbackAction.$Properties|null);
            done: boolean;
            seen: string;
            tookMs: number;
            static encode(message: leash.v1.ActionOutcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ActionOutcome & leash.v1.ActionOutcome.$Shape;
        }

        namespace ActionOutcome {
            interface $Properties {
                action?: (leash.v1.RollbackAction.$Properties|null);
                done?: (boolean|null);
                seen?: (string|null);
                tookMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              action?: leash.v1.RollbackAction.$Shape|null;
              done?: boolean|null;
              seen?: string|null;
              tookMs?: number|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IActRequest extends leash.v1.ActRequest.$Properties {
        }

        class ActRequest {
            constructor(properties?: leash.v1.ActRequest.$Properties);
            $unknowns?: Uint8Array[];
            id: string;
            actions: leash.v1.RollbackAction.$Properties[];
            reason: string;
            static encode(message: leash.v1.ActRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ActRequest & leash.v1.ActRequest.$Shape;
        }

        namespace ActRequest {
            interface $Properties {
                id?: (string|null);
                actions?: (leash.v1.RollbackAction.$Properties[]|null);
                reason?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              id?: string|null;
              actions?: leash.v1.RollbackAction.$Shape[]|null;
              reason?: string|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IActReply extends leash.v1.ActReply.$Properties {
        }

        class ActReply {
            constructor(properties?: leash.v1.ActReply.$Properties);
            $unknowns?: Uint8Array[];
            outcomes: leash.v1.ActionOutcome.$Properties[];
            repeatedId: boolean;
            static encode(message: leash.v1.ActReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ActReply & leash.v1.ActReply.$Shape;
        }

        namespace ActReply {
            interface $Properties {
                outcomes?: (leash.v1.ActionOutcome.$Properties[]|null);
                repeatedId?: (boolean|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              outcomes?: leash.v1.ActionOutcome.$Shape[]|null;
              repeatedId?: boolean|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IHostRollback extends leash.v1.HostRollback.$Properties {
        }

        class HostRollback {
            constructor(properties?: leash.v1.HostRollback.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            outcomes: leash.v1.ActionOutcome.$Properties[];
            error: string;
            static encode(message: leash.v1.HostRollback.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HostRollback & leash.v1.HostRollback.$Shape;
        }

        namespace HostRollback {
            interface $Properties {
                host?: (string|null);
                outcomes?: (leash.v1.ActionOutcome.$Properties[]|null);
                error?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              host?: string|null;
              outcomes?: leash.v1.ActionOutcome.$Shape[]|null;
              error?: string|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IRehearseReply extends leash.v1.RehearseReply.$Properties {
        }

        class RehearseReply {
            constructor(properties?: leash.v1.RehearseReply.$Properties);
            $unknowns?: Uint8Array[];
            rehearsalId: string;
            experiment: string;
            stage: string;
            passed: boolean;
            hosts: leash.v1.HostRollback.$Properties[];
            static encode(message: leash.v1.RehearseReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RehearseReply & leash.v1.RehearseReply.$Shape;
        }

        namespace RehearseReply {
            interface $Properties {
                rehearsalId?: (string|null);
                experiment?: (string|null);
                stage?: (string|null);
                passed?: (boolean|null);
                hosts?: (leash.v1.HostRollback.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              rehearsalId?: string|null;
              experiment?: string|null;
              stage?: string|null;
              passed?: boolean|null;
              hosts?: leash.v1.HostRollback.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IDetectorRecord extends leash.v1.DetectorRecord.$Properties {
        }

        class DetectorRecord {
            constructor(properties?: leash.v1.DetectorRecord.$Properties);
            $unknowns?: Uint8Array[];
            probe: string;
            value: string;
            method: string;
            mode: string;
            observations: number;
            missing: number;
            baselineObservations: number;
            blind: string;
            alarmed: boolean;
            alarmedAtUnixMs: number;
            alarmObservation: number;
            because: string;
            threshold: number;
            atUnixMs: number[];
            statistics: number[];
            restarts: number;
            static encode(message: leash.v1.DetectorRecord.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.DetectorRecord & leash.v1.DetectorRecord.$Shape;
        }

        namespace DetectorRecord {
            interface $Properties {
                probe?: (string|null);
                value?: (string|null);
                method?: (string|null);
                mode?: (string|null);
                observations?: (number|null);
                missing?: (number|null);
                baselineObservations?: (number|null);
                blind?: (string|null);
                alarmed?: (boolean|null);
                alarmedAtUnixMs?: (number|null);
                alarmObservation?: (number|null);
                because?: (string|null);
                threshold?: (number|null);
                atUnixMs?: (number[]|null);
                statistics?: (number[]|null);
                restarts?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.DetectorRecord.$Properties;
        }

        interface IWhoAmIRequest extends leash.v1.WhoAmIRequest.$Properties {
        }

        class WhoAmIRequest {
            constructor(properties?: leash.v1.WhoAmIRequest.$Properties);
            $unknowns?: Uint8Array[];
            static encode(message: leash.v1.WhoAmIRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.WhoAmIRequest & leash.v1.WhoAmIRequest.$Shape;
        }

        namespace WhoAmIRequest {
            interface $Properties {
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.WhoAmIRequest.$Properties;
        }

        interface IGrant extends leash.v1.Grant.$Properties {
        }

        class Grant {
            constructor(properties?: leash.v1.Grant.$Properties);
            $unknowns?: Uint8Array[];
            role: string;
            labels: { [k: string]: string };
            stages: string[];
            faults: string[];
            source: string;
            static encode(message: leash.v1.Grant.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Grant & leash.v1.Grant.$Shape;
        }

        namespace Grant {
            interface $Properties {
                role?: (string|null);
                labels?: ({ [k: string]: string }|null);
                stages?: (string[]|null);
                faults?: (string[]|null);
                source?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Grant.$Properties;
        }

        interface IWhoAmIReply extends leash.v1.WhoAmIReply.$Properties {
        }

        class WhoAmIReply {
            constructor(properties?: leash.v1.WhoAmIReply.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            person: string;
            groups: string[];
            grants: leash.v1.Grant.$Properties[];
            methods: string[];
            expiresAtUnixMs: number;
            static encode(message: leash.v1.WhoAmIReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.WhoAmIReply & leash.v1.WhoAmIReply.$Shape;
        }

        namespace WhoAmIReply {
            interface $Properties {
                name?: (string|null);
                person?: (string|null);
                groups?: (string[]|null);
                grants?: (leash.v1.Grant.$Properties[]|null);
                methods?: (string[]|null);
                expiresAtUnixMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.WhoAmIReply.$Properties;
        }

        interface IApproveRequest extends leash.v1.ApproveRequest.$Properties {
        }

        class ApproveRequest {
            constructor(properties?: leash.v1.ApproveRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            scopeDigest: string;
            comment: string;
            static encode(message: leash.v1.ApproveRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ApproveRequest & leash.v1.ApproveRequest.$Shape;
        }

        namespace ApproveRequest {
            interface $Properties {
                runId?: (string|null);
                scopeDigest?: (string|null);
                comment?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ApproveRequest.$Properties;
        }

        interface IListApprovalsRequest extends leash.v1.ListApprovalsRequest.$Properties {
        }

        class ListApprovalsRequest {
            constructor(properties?: leash.v1.ListApprovalsRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            static encode(message: leash.v1.ListApprovalsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListApprovalsRequest & leash.v1.ListApprovalsRequest.$Shape;
        }

        namespace ListApprovalsRequest {
            interface $Properties {
                runId?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListApprovalsRequest.$Properties;
        }

        interface IApproval extends leash.v1.Approval.$Properties {
        }

        class Approval {
            constructor(properties?: leash.v1.Approval.$Properties);
            $unknowns?: Uint8Array[];
            by: string;
            person: string;
            atUnixMs: number;
            expiresAtUnixMs: number;
            scopeDigest: string;
            comment: string;
            voidBecause: string;
            static encode(message: leash.v1.Approval.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Approval & leash.v1.Approval.$Shape;
        }

        namespace Approval {
            interface $Properties {
                by?: (string|null);
                person?: (string|null);
                atUnixMs?: (number|null);
                expiresAtUnixMs?: (number|null);
                scopeDigest?: (string|null);
                comment?: (string|null);
                voidBecause?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Approval.$Properties;
        }

        interface IRunApprovals extends leash.v1.RunApprovals.$Properties {
        }

        class RunApprovals {
            constructor(properties?: leash.v1.RunApprovals.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            experiment: string;
            stage: string;
            submittedBy: string;
            scopeDigest: string;
            needed: number;
            given: number;
            approvals: leash.v1.Approval.$Properties[];
            static encode(message: leash.v1.RunApprovals.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RunApprovals & leash.v1.RunApprovals.$Shape;
        }

        namespace RunApprovals {
            interface $Properties {
                runId?: (string|null);
                experiment?: (string|null);
                stage?: (string|null);
                submittedBy?: (string|null);
                scopeDigest?: (string|null);
                needed?: (number|null);
                given?: (number|null);
                approvals?: (leash.v1.Approval.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RunApprovals.$Properties;
        }

        interface IListApprovalsReply extends leash.v1.ListApprovalsReply.$Properties {
        }

        class ListApprovalsReply {
            constructor(properties?: leash.v1.ListApprovalsReply.$Properties);
            $unknowns?: Uint8Array[];
            runs: leash.v1.RunApprovals.$Properties[];
            static encode(message: leash.v1.ListApprovalsReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListApprovalsReply & leash.v1.ListApprovalsReply.$Shape;
        }

        namespace ListApprovalsReply {
            interface $Properties {
                runs?: (leash.v1.RunApprovals.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListApprovalsReply.$Properties;
        }

        interface IDescribeRequest extends leash.v1.DescribeRequest.$Properties {
        }

        class DescribeRequest {
            constructor(properties?: leash.v1.DescribeRequest.$Properties);
            $unknowns?: Uint8Array[];
            static encode(message: leash.v1.DescribeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.DescribeRequest & leash.v1.DescribeRequest.$Shape;
        }

        namespace DescribeRequest {
            interface $Properties {
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.DescribeRequest.$Properties;
        }

        interface IFaultParameter extends leash.v1.FaultParameter.$Properties {
        }

        class FaultParameter {
            constructor(properties?: leash.v1.FaultParameter.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            unit: string;
            summary: string;
            required: boolean;
            minimum: string;
            maximum: string;
            defaultValue: string;
            static encode(message: leash.v1.FaultParameter.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FaultParameter & leash.v1.FaultParameter.$Shape;
        }

        namespace FaultParameter {
            interface $Properties {
                name?: (string|null);
                unit?: (string|null);
                summary?: (string|null);
                required?: (boolean|null);
                minimum?: (string|null);
                maximum?: (string|null);
                defaultValue?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.FaultParameter.$Properties;
        }

        interface IFaultNeed extends leash.v1.FaultNeed.$Properties {
        }

        class FaultNeed {
            constructor(properties?: leash.v1.FaultNeed.$Properties);
            $unknowns?: Uint8Array[];
            kind: string;
            name: string;
            met: boolean;
            remedy: string;
            static encode(message: leash.v1.FaultNeed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FaultNeed & leash.v1.FaultNeed.$Shape;
        }

        namespace FaultNeed {
            interface $Properties {
                kind?: (string|null);
                name?: (string|null);
                met?: (boolean|null);
                remedy?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.FaultNeed.$Properties;
        }

        interface IFaultKind extends leash.v1.FaultKind.$Properties {
        }

        class FaultKind {
            constructor(properties?: leash.v1.FaultKind.$Properties);
            $unknowns?: Uint8Array[];
            kind: string;
            summary: string;
            targetsProcesses: boolean;
            binding: leash.v1.Binding;
            bindingReason: string;
            available: boolean;
            unavailableReason: string;
            parameters: leash.v1.FaultParameter.$Properties[];
            needs: leash.v1.FaultNeed.$Properties[];
            static encode(message: leash.v1.FaultKind.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FaultKind & leash.v1.FaultKind.$Shape;
        }

        namespace FaultKind {
            interface $Properties {
                kind?: (string|null);
                summary?: (string|null);
                targetsProcesses?: (boolean|null);
                binding?: (leash.v1.Binding|null);
                bindingReason?: (string|null);
                available?: (boolean|null);
                unavailableReason?: (string|null);
                parameters?: (leash.v1.FaultParameter.$Properties[]|null);
                needs?: (leash.v1.FaultNeed.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.FaultKind.$Properties;
        }

        interface IEffectiveLimit extends leash.v1.EffectiveLimit.$Properties {
        }

        class EffectiveLimit {
            constructor(properties?: leash.v1.EffectiveLimit.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            value: string;
            summary: string;
            source: string;
            now: string;
            static encode(message: leash.v1.EffectiveLimit.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.EffectiveLimit & leash.v1.EffectiveLimit.$Shape;
        }

        namespace EffectiveLimit {
            interface $Properties {
                name?: (string|null);
                value?: (string|null);
                summary?: (string|null);
                source?: (string|null);
                now?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.EffectiveLimit.$Properties;
        }

        interface IHaltState extends leash.v1.HaltState.$Properties {
        }

        class HaltState {
            constructor(properties?: leash.v1.HaltState.$Properties);
            $unknowns?: Uint8Array[];
            halted: boolean;
            epoch: number;
            reason: string;
            by: string;
            volatile: boolean;
            memoryOnly: boolean;
            static encode(message: leash.v1.HaltState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HaltState & leash.v1.HaltState.$Shape;
        }

        namespace HaltState {
            interface $Properties {
                halted?: (boolean|null);
                epoch?: (number|null);
                reason?: (string|null);
                by?: (string|null);
                volatile?: (boolean|null);
                memoryOnly?: (boolean|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HaltState.$Properties;
        }

        interface IDescribeReply extends leash.v1.DescribeReply.$Properties {
        }

        class DescribeReply {
            constructor(properties?: leash.v1.DescribeReply.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            bootId: string;
            version: string;
            stage: string;
            labels: { [k: string]: string };
            halt?: (leash.v1.HaltState.$Properties|null);
            faults: leash.v1.FaultKind.$Properties[];
            limits: leash.v1.EffectiveLimit.$Properties[];
            active: leash.v1.Fault.$Properties[];
            kernel: string;
            os: string;
            cpus: number;
            memoryBytes: number;
            uid: number;
            capabilities: string[];
            static encode(message: leash.v1.DescribeReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.DescribeReply & leash.v1.DescribeReply.$Shape;
        }

        namespace DescribeReply {
            interface $Properties {
                host?: (string|null);
                bootId?: (string|null);
                version?: (string|null);
                stage?: (string|null);
                labels?: ({ [k: string]: string }|null);
                halt?: (leash.v1.HaltState.$Properties|null);
                faults?: (leash.v1.FaultKind.$Properties[]|null);
                limits?: (leash.v1.EffectiveLimit.$Properties[]|null);
                active?: (leash.v1.Fault.$Properties[]|null);
                kernel?: (string|null);
                os?: (string|null);
                cpus?: (number|null);
                memoryBytes?: (number|null);
                uid?: (number|null);
                capabilities?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              host?: string|null;
              bootId?: string|null;
              version?: string|null;
              stage?: string|null;
              labels?: { [k: string]: string }|null;
              halt?: leash.v1.HaltState.$Shape|null;
              faults?: leash.v1.FaultKind.$Shape[]|null;
              limits?: leash.v1.EffectiveLimit.$Shape[]|null;
              active?: leash.v1.Fault.$Shape[]|null;
              kernel?: string|null;
              os?: string|null;
              cpus?: number|null;
              memoryBytes?: number|null;
              uid?: number|null;
              capabilities?: string[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IListProcessesRequest extends leash.v1.ListProcessesRequest.$Properties {
        }

        class ListProcessesRequest {
            constructor(properties?: leash.v1.ListProcessesRequest.$Properties);
            $unknowns?: Uint8Array[];
            selector?: (leash.v1.Selector.$Properties|null);
            static encode(message: leash.v1.ListProcessesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListProcessesRequest & leash.v1.ListProcessesRequest.$Shape;
        }

        namespace ListProcessesRequest {
            interface $Properties {
                selector?: (leash.v1.Selector.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListProcessesRequest.$Properties;
        }

        interface IListProcessesReply extends leash.v1.ListProcessesReply.$Properties {
        }

        class ListProcessesReply {
            constructor(properties?: leash.v1.ListProcessesReply.$Properties);
            $unknowns?: Uint8Array[];
            processes: leash.v1.ProcessMatch.$Properties[];
            static encode(message: leash.v1.ListProcessesReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListProcessesReply & leash.v1.ListProcessesReply.$Shape;
        }

        namespace ListProcessesReply {
            interface $Properties {
                processes?: (leash.v1.ProcessMatch.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListProcessesReply.$Properties;
        }

        interface IIntentProof extends leash.v1.IntentProof.$Properties {
        }

        class IntentProof {
            constructor(properties?: leash.v1.IntentProof.$Properties);
            $unknowns?: Uint8Array[];
            intent: string;
            signature: string;
            scope: string;
            commit?: (leash.v1.CommitProof.$Properties|null);
            static encode(message: leash.v1.IntentProof.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.IntentProof & leash.v1.IntentProof.$Shape;
        }

        namespace IntentProof {
            interface $Properties {
                intent?: (string|null);
                signature?: (string|null);
                scope?: (string|null);
                commit?: (leash.v1.CommitProof.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.IntentProof.$Properties;
        }

        interface ICommitProof extends leash.v1.CommitProof.$Properties {
        }

        class CommitProof {
            constructor(properties?: leash.v1.CommitProof.$Properties);
            $unknowns?: Uint8Array[];
            path: string;
            objects: Uint8Array[];
            static encode(message: leash.v1.CommitProof.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.CommitProof & leash.v1.CommitProof.$Shape;
        }

        namespace CommitProof {
            interface $Properties {
                path?: (string|null);
                objects?: (Uint8Array[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.CommitProof.$Properties;
        }

        interface IPlanRequest extends leash.v1.PlanRequest.$Properties {
        }

        class PlanRequest {
            constructor(properties?: leash.v1.PlanRequest.$Properties);
            $unknowns?: Uint8Array[];
            spec?: (leash.v1.FaultSpec.$Properties|null);
            targeting?: (leash.v1.Targeting.$Properties|null);
            durationMs?: (number|null);
            stage: string;
            intent?: (leash.v1.IntentProof.$Properties|null);
            runId: string;
            duration?: "durationMs";
            static encode(message: leash.v1.PlanRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.PlanRequest & leash.v1.PlanRequest.$Shape;
        }

        namespace PlanRequest {
            interface $Properties {
                spec?: (leash.v1.FaultSpec.$Properties|null);
                targeting?: (leash.v1.Targeting.$Properties|null);
                durationMs?: (number|null);
                stage?: (string|null);
                intent?: (leash.v1.IntentProof.$Properties|null);
                runId?: (string|null);
                duration?: "durationMs";
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              spec?: leash.v1.FaultSpec.$Shape|null;
              targeting?: leash.v1.Targeting.$Shape|null;
              durationMs?: number|null;
              stage?: string|null;
              intent?: leash.v1.IntentProof.$Shape|null;
              runId?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ duration?: undefined; durationMs?: null }|{ duration?: "durationMs"; durationMs: number })
            );
        }

        interface IRefusal extends leash.v1.Refusal.$Properties {
        }

        class Refusal {
            constructor(properties?: leash.v1.Refusal.$Properties);
            $unknowns?: Uint8Array[];
            reason: string;
            message: string;
            limit: string;
            value: string;
            bound: string;
            static encode(message: leash.v1.Refusal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Refusal & leash.v1.Refusal.$Shape;
        }

        namespace Refusal {
            interface $Properties {
                reason?: (string|null);
                message?: (string|null);
                limit?: (string|null);
                value?: (string|null);
                bound?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Refusal.$Properties;
        }

        interface IPlanReply extends leash.v1.PlanReply.$Properties {
        }

        class PlanReply {
            constructor(properties?: leash.v1.PlanReply.$Properties);
            $unknowns?: Uint8Array[];
            targets: leash.v1.ProcessMatch.$Properties[];
            protected: leash.v1.ProcessMatch.$Properties[];
            matched: number;
            targetsDigest: string;
            haltEpoch: number;
            binding: leash.v1.Binding;
            bindingReason: string;
            refusals: leash.v1.Refusal.$Properties[];
            choiceReason: string;
            durationMs: number;
            warnings: string[];
            static encode(message: leash.v1.PlanReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.PlanReply & leash.v1.PlanReply.$Shape;
        }

        namespace PlanReply {
            interface $Properties {
                targets?: (leash.v1.ProcessMatch.$Properties[]|null);
                "protected"?: (leash.v1.ProcessMatch.$Properties[]|null);
                matched?: (number|null);
                targetsDigest?: (string|null);
                haltEpoch?: (number|null);
                binding?: (leash.v1.Binding|null);
                bindingReason?: (string|null);
                refusals?: (leash.v1.Refusal.$Properties[]|null);
                choiceReason?: (string|null);
                durationMs?: (number|null);
                warnings?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.PlanReply.$Properties;
        }

        interface IInjectRequest extends leash.v1.InjectRequest.$Properties {
        }

        class InjectRequest {
            constructor(properties?: leash.v1.InjectRequest.$Properties);
            $unknowns?: Uint8Array[];
            idempotencyKey: string;
            experiment: string;
            runId: string;
            spec?: (leash.v1.FaultSpec.$Properties|null);
            targeting?: (leash.v1.Targeting.$Properties|null);
            targets: leash.v1.ProcessIdentity.$Properties[];
            targetsDigest: string;
            leaseTtlMs: number;
            durationMs?: (number|null);
            haltEpoch: number;
            stage: string;
            consentIrreversible: boolean;
            rollback: leash.v1.RollbackAction.$Properties[];
            intent?: (leash.v1.IntentProof.$Properties|null);
            duration?: "durationMs";
            static encode(message: leash.v1.InjectRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.InjectRequest & leash.v1.InjectRequest.$Shape;
        }

        namespace InjectRequest {
            interface $Properties {
                idempotencyKey?: (string|null);
                experiment?: (string|null);
                runId?: (string|null);
                spec?: (leash.v1.FaultSpec.$Properties|null);
                targeting?: (leash.v1.Targeting.$Properties|null);
                targets?: (leash.v1.ProcessIdentity.$Properties[]|null);
                targetsDigest?: (string|null);
                leaseTtlMs?: (number|null);
                durationMs?: (number|null);
                haltEpoch?: (number|null);
                stage?: (string|null);
                consentIrreversible?: (boolean|null);
                rollback?: (leash.v1.RollbackAction.$Properties[]|null);
                intent?: (leash.v1.IntentProof.$Properties|null);
                duration?: "durationMs";
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              idempotencyKey?: string|null;
              experiment?: string|null;
              runId?: string|null;
              spec?: leash.v1.FaultSpec.$Shape|null;
              targeting?: leash.v1.Targeting.$Shape|null;
              targets?: leash.v1.ProcessIdentity.$Shape[]|null;
              targetsDigest?: string|null;
              leaseTtlMs?: number|null;
              durationMs?: number|null;
              haltEpoch?: number|null;
              stage?: string|null;
              consentIrreversible?: boolean|null;
              rollback?: leash.v1.RollbackAction.$Shape[]|null;
              intent?: leash.v1.IntentProof.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ duration?: undefined; durationMs?: null }|{ duration?: "durationMs"; durationMs: number })
            );
        }

        interface IInjectReply extends leash.v1.InjectReply.$Properties {
        }

        class InjectReply {
            constructor(properties?: leash.v1.InjectReply.$Properties);
            $unknowns?: Uint8Array[];
            fault?: (leash.v1.Fault.$Properties|null);
            static encode(message: leash.v1.InjectReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.InjectReply & leash.v1.InjectReply.$Shape;
        }

        namespace InjectReply {
            interface $Properties {
                fault?: (leash.v1.Fault.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              fault?: leash.v1.Fault.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IRenewRequest extends leash.v1.RenewRequest.$Properties {
        }

        class RenewRequest {
            constructor(properties?: leash.v1.RenewRequest.$Properties);
            $unknowns?: Uint8Array[];
            renewals: leash.v1.Renewal.$Properties[];
            static encode(message: leash.v1.RenewRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RenewRequest & leash.v1.RenewRequest.$Shape;
        }

        namespace RenewRequest {
            interface $Properties {
                renewals?: (leash.v1.Renewal.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RenewRequest.$Properties;
        }

        interface IRenewal extends leash.v1.Renewal.$Properties {
        }

        class Renewal {
            constructor(properties?: leash.v1.Renewal.$Properties);
            $unknowns?: Uint8Array[];
            faultId: string;
            leaseTtlMs: number;
            static encode(message: leash.v1.Renewal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Renewal & leash.v1.Renewal.$Shape;
        }

        namespace Renewal {
            interface $Properties {
                faultId?: (string|null);
                leaseTtlMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.Renewal.$Properties;
        }

        interface IRenewReply extends leash.v1.RenewReply.$Properties {
        }

        class RenewReply {
            constructor(properties?: leash.v1.RenewReply.$Properties);
            $unknowns?: Uint8Array[];
            results: leash.v1.RenewalResult.$Properties[];
            static encode(message: leash.v1.RenewReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RenewReply & leash.v1.RenewReply.$Shape;
        }

        namespace RenewReply {
            interface $Properties {
                results?: (leash.v1.RenewalResult.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RenewReply.$Properties;
        }

        interface IRenewalResult extends leash.v1.RenewalResult.$Properties {
        }

        class RenewalResult {
            constructor(properties?: leash.v1.RenewalResult.$Properties);
            $unknowns?: Uint8Array[];
            faultId: string;
            renewed: boolean;
            leaseRemainingMs: number;
            refusal?: (leash.v1.Refusal.$Properties|null);
            static encode(message: leash.v1.RenewalResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RenewalResult & leash.v1.RenewalResult.$Shape;
        }

        namespace RenewalResult {
            interface $Properties {
                faultId?: (string|null);
                renewed?: (boolean|null);
                leaseRemainingMs?: (number|null);
                refusal?: (leash.v1.Refusal.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RenewalResult.$Properties;
        }

        interface IRestoreRequest extends leash.v1.RestoreRequest.$Properties {
        }

        class RestoreRequest {
            constructor(properties?: leash.v1.RestoreRequest.$Properties);
            $unknowns?: Uint8Array[];
            faultId?: (string|null);
            runId?: (string|null);
            everything?: (boolean|null);
            target?: (leash.v1.ProcessIdentity.$Properties|null);
            reason: string;
            scope?: ("faultId"|"runId"|"everything");
            static encode(message: leash.v1.RestoreRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RestoreRequest & leash.v1.RestoreRequest.$Shape;
        }

        namespace RestoreRequest {
            interface $Properties {
                faultId?: (string|null);
                runId?: (string|null);
                everything?: (boolean|null);
                target?: (leash.v1.ProcessIdentity.$Properties|null);
                reason?: (string|null);
                scope?: ("faultId"|"runId"|"everything");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              faultId?: string|null;
              runId?: string|null;
              everything?: boolean|null;
              target?: leash.v1.ProcessIdentity.$Shape|null;
              reason?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ scope?: undefined; faultId?: null; runId?: null; everything?: null }|{ scope?: "faultId"; faultId: string; runId?: null; everything?: null }|{ scope?: "runId"; faultId?: null; runId: string; everything?: null }|{ scope?: "everything"; faultId?: null; runId?: null; everything: boolean })
            );
        }

        interface IRestoreReply extends leash.v1.RestoreReply.$Properties {
        }

        class RestoreReply {
            constructor(properties?: leash.v1.RestoreReply.$Properties);
            $unknowns?: Uint8Array[];
            receipts: leash.v1.Receipt.$Properties[];
            static encode(message: leash.v1.RestoreReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RestoreReply & leash.v1.RestoreReply.$Shape;
        }

        namespace RestoreReply {
            interface $Properties {
                receipts?: (leash.v1.Receipt.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RestoreReply.$Properties;
        }

        interface IHaltRequest extends leash.v1.HaltRequest.$Properties {
        }

        class HaltRequest {
            constructor(properties?: leash.v1.HaltRequest.$Properties);
            $unknowns?: Uint8Array[];
            requestId: string;
            reason: string;
            static encode(message: leash.v1.HaltRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HaltRequest & leash.v1.HaltRequest.$Shape;
        }

        namespace HaltRequest {
            interface $Properties {
                requestId?: (string|null);
                reason?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HaltRequest.$Properties;
        }

        interface IHaltReply extends leash.v1.HaltReply.$Properties {
        }

        class HaltReply {
            constructor(properties?: leash.v1.HaltReply.$Properties);
            $unknowns?: Uint8Array[];
            halt?: (leash.v1.HaltState.$Properties|null);
            latchedMs: number;
            restoredMs: number;
            receipts: leash.v1.Receipt.$Properties[];
            static encode(message: leash.v1.HaltReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HaltReply & leash.v1.HaltReply.$Shape;
        }

        namespace HaltReply {
            interface $Properties {
                halt?: (leash.v1.HaltState.$Properties|null);
                latchedMs?: (number|null);
                restoredMs?: (number|null);
                receipts?: (leash.v1.Receipt.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HaltReply.$Properties;
        }

        interface IRearmRequest extends leash.v1.RearmRequest.$Properties {
        }

        class RearmRequest {
            constructor(properties?: leash.v1.RearmRequest.$Properties);
            $unknowns?: Uint8Array[];
            expectedEpoch: number;
            reason: string;
            static encode(message: leash.v1.RearmRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RearmRequest & leash.v1.RearmRequest.$Shape;
        }

        namespace RearmRequest {
            interface $Properties {
                expectedEpoch?: (number|null);
                reason?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RearmRequest.$Properties;
        }

        interface IRearmReply extends leash.v1.RearmReply.$Properties {
        }

        class RearmReply {
            constructor(properties?: leash.v1.RearmReply.$Properties);
            $unknowns?: Uint8Array[];
            halt?: (leash.v1.HaltState.$Properties|null);
            static encode(message: leash.v1.RearmReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RearmReply & leash.v1.RearmReply.$Shape;
        }

        namespace RearmReply {
            interface $Properties {
                halt?: (leash.v1.HaltState.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RearmReply.$Properties;
        }

        interface IObserveRequest extends leash.v1.ObserveRequest.$Properties {
        }

        class ObserveRequest {
            constructor(properties?: leash.v1.ObserveRequest.$Properties);
            $unknowns?: Uint8Array[];
            processes?: (leash.v1.Selector.$Properties|null);
            host?: (boolean|null);
            file?: (leash.v1.ObserveFile.$Properties|null);
            unit?: (string|null);
            what?: ("processes"|"host"|"file"|"unit");
            static encode(message: leash.v1.ObserveRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ObserveRequest & leash.v1.ObserveRequest.$Shape;
        }

        namespace ObserveRequest {
            interface $Properties {
                processes?: (leash.v1.Selector.$Properties|null);
                host?: (boolean|null);
                file?: (leash.v1.ObserveFile.$Properties|null);
                unit?: (string|null);
                what?: ("processes"|"host"|"file"|"unit");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              processes?: leash.v1.Selector.$Shape|null;
              host?: boolean|null;
              file?: leash.v1.ObserveFile.$Shape|null;
              unit?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ what?: undefined; processes?: null; host?: null; file?: null; unit?: null }|{ what?: "processes"; processes: leash.v1.Selector.$Shape; host?: null; file?: null; unit?: null }|{ what?: "host"; processes?: null; host: boolean; file?: null; unit?: null }|{ what?: "file"; processes?: null; host?: null; file: leash.v1.ObserveFile.$Shape; unit?: null }|{ what?: "unit"; processes?: null; host?: null; file?: null; unit: string })
            );
        }

        interface IObserveFile extends leash.v1.ObserveFile.$Properties {
        }

        class ObserveFile {
            constructor(properties?: leash.v1.ObserveFile.$Properties);
            $unknowns?: Uint8Array[];
            path: string;
            pattern: string;
            cursor: string;
            static encode(message: leash.v1.ObserveFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ObserveFile & leash.v1.ObserveFile.$Shape;
        }

        namespace ObserveFile {
            interface $Properties {
                path?: (string|null);
                pattern?: (string|null);
                cursor?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ObserveFile.$Properties;
        }

        interface IObserveReply extends leash.v1.ObserveReply.$Properties {
        }

        class ObserveReply {
            constructor(properties?: leash.v1.ObserveReply.$Properties);
            $unknowns?: Uint8Array[];
            processes?: (leash.v1.ProcessesSeen.$Properties|null);
            host?: (leash.v1.HostSeen.$Properties|null);
            file?: (leash.v1.FileSeen.$Properties|null);
            unit?: (leash.v1.UnitSeen.$Properties|null);
            seen?: ("processes"|"host"|"file"|"unit");
            static encode(message: leash.v1.ObserveReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ObserveReply & leash.v1.ObserveReply.$Shape;
        }

        namespace ObserveReply {
            interface $Properties {
                processes?: (leash.v1.ProcessesSeen.$Properties|null);
                host?: (leash.v1.HostSeen.$Properties|null);
                file?: (leash.v1.FileSeen.$Properties|null);
                unit?: (leash.v1.UnitSeen.$Properties|null);
                seen?: ("processes"|"host"|"file"|"unit");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              processes?: leash.v1.ProcessesSeen.$Shape|null;
              host?: leash.v1.HostSeen.$Shape|null;
              file?: leash.v1.FileSeen.$Shape|null;
              unit?: leash.v1.UnitSeen.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ seen?: undefined; processes?: null; host?: null; file?: null; unit?: null }|{ seen?: "processes"; processes: leash.v1.ProcessesSeen.$Shape; host?: null; file?: null; unit?: null }|{ seen?: "host"; processes?: null; host: leash.v1.HostSeen.$Shape; file?: null; unit?: null }|{ seen?: "file"; processes?: null; host?: null; file: leash.v1.FileSeen.$Shape; unit?: null }|{ seen?: "unit"; processes?: null; host?: null; file?: null; unit: leash.v1.UnitSeen.$Shape })
            );
        }

        interface IProcessesSeen extends leash.v1.ProcessesSeen.$Properties {
        }

        class ProcessesSeen {
            constructor(properties?: leash.v1.ProcessesSeen.$Properties);
            $unknowns?: Uint8Array[];
            processes: leash.v1.ProcessUse.$Properties[];
            matched: number;
            static encode(message: leash.v1.ProcessesSeen.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ProcessesSeen & leash.v1.ProcessesSeen.$Shape;
        }

        namespace ProcessesSeen {
            interface $Properties {
                processes?: (leash.v1.ProcessUse.$Properties[]|null);
                matched?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ProcessesSeen.$Properties;
        }

        interface IProcessUse extends leash.v1.ProcessUse.$Properties {
        }

        class ProcessUse {
            constructor(properties?: leash.v1.ProcessUse.$Properties);
            $unknowns?: Uint8Array[];
            identity?: (leash.v1.ProcessIdentity.$Properties|null);
            name: string;
            residentBytes: number;
            cpuPercent: number;
            ageMs: number;
            static encode(message: leash.v1.ProcessUse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ProcessUse & leash.v1.ProcessUse.$Shape;
        }

        namespace ProcessUse {
            interface $Properties {
                identity?: (leash.v1.ProcessIdentity.$Properties|null);
                name?: (string|null);
                residentBytes?: (number|null);
                cpuPercent?: (number|null);
                ageMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ProcessUse.$Properties;
        }

        interface IHostSeen extends leash.v1.HostSeen.$Properties {
        }

        class HostSeen {
            constructor(properties?: leash.v1.HostSeen.$Properties);
            $unknowns?: Uint8Array[];
            cpuPercent: number;
            memoryTotalBytes: number;
            memoryAvailableBytes: number;
            load: number;
            static encode(message: leash.v1.HostSeen.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HostSeen & leash.v1.HostSeen.$Shape;
        }

        namespace HostSeen {
            interface $Properties {
                cpuPercent?: (number|null);
                memoryTotalBytes?: (number|null);
                memoryAvailableBytes?: (number|null);
                load?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HostSeen.$Properties;
        }

        interface IFileSeen extends leash.v1.FileSeen.$Properties {
        }

        class FileSeen {
            constructor(properties?: leash.v1.FileSeen.$Properties);
            $unknowns?: Uint8Array[];
            exists: boolean;
            sizeBytes: number;
            ageMs: number;
            matches: number;
            cursor: string;
            static encode(message: leash.v1.FileSeen.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FileSeen & leash.v1.FileSeen.$Shape;
        }

        namespace FileSeen {
            interface $Properties {
                exists?: (boolean|null);
                sizeBytes?: (number|null);
                ageMs?: (number|null);
                matches?: (number|null);
                cursor?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.FileSeen.$Properties;
        }

        interface IUnitSeen extends leash.v1.UnitSeen.$Properties {
        }

        class UnitSeen {
            constructor(properties?: leash.v1.UnitSeen.$Properties);
            $unknowns?: Uint8Array[];
            loadState: string;
            activeState: string;
            subState: string;
            restarts: number;
            mainPid: number;
            static encode(message: leash.v1.UnitSeen.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.UnitSeen & leash.v1.UnitSeen.$Shape;
        }

        namespace UnitSeen {
            interface $Properties {
                loadState?: (string|null);
                activeState?: (string|null);
                subState?: (string|null);
                restarts?: (number|null);
                mainPid?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.UnitSeen.$Properties;
        }

        interface IWatchRequest extends leash.v1.WatchRequest.$Properties {
        }

        class WatchRequest {
            constructor(properties?: leash.v1.WatchRequest.$Properties);
            $unknowns?: Uint8Array[];
            static encode(message: leash.v1.WatchRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.WatchRequest & leash.v1.WatchRequest.$Shape;
        }

        namespace WatchRequest {
            interface $Properties {
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.WatchRequest.$Properties;
        }

        interface IEvent extends leash.v1.Event.$Properties {
        }

        class Event {
            constructor(properties?: leash.v1.Event.$Properties);
            $unknowns?: Uint8Array[];
            atUnixMs: number;
            kind: string;
            text: string;
            fault?: (leash.v1.Fault.$Properties|null);
            halt?: (leash.v1.HaltState.$Properties|null);
            static encode(message: leash.v1.Event.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Event & leash.v1.Event.$Shape;
        }

        namespace Event {
            interface $Properties {
                atUnixMs?: (number|null);
                kind?: (string|null);
                text?: (string|null);
                fault?: (leash.v1.Fault.$Properties|null);
                halt?: (leash.v1.HaltState.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              atUnixMs?: number|null;
              kind?: string|null;
              text?: string|null;
              fault?: leash.v1.Fault.$Shape|null;
              halt?: leash.v1.HaltState.$Shape|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface ISessionRequest extends leash.v1.SessionRequest.$Properties {
        }

        class SessionRequest {
            constructor(properties?: leash.v1.SessionRequest.$Properties);
            $unknowns?: Uint8Array[];
            sequence: number;
            renewals: leash.v1.Renewal.$Properties[];
            checkpoint?: (leash.v1.AuditCheckpoint.$Properties|null);
            countersignature?: (leash.v1.AuditCountersignature.$Properties|null);
            audit?: ("checkpoint"|"countersignature");
            static encode(message: leash.v1.SessionRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.SessionRequest & leash.v1.SessionRequest.$Shape;
        }

        namespace SessionRequest {
            interface $Properties {
                sequence?: (number|null);
                renewals?: (leash.v1.Renewal.$Properties[]|null);
                checkpoint?: (leash.v1.AuditCheckpoint.$Properties|null);
                countersignature?: (leash.v1.AuditCountersignature.$Properties|null);
                audit?: ("checkpoint"|"countersignature");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              sequence?: number|null;
              renewals?: leash.v1.Renewal.$Shape[]|null;
              checkpoint?: leash.v1.AuditCheckpoint.$Shape|null;
              countersignature?: leash.v1.AuditCountersignature.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ audit?: undefined; checkpoint?: null; countersignature?: null }|{ audit?: "checkpoint"; checkpoint: leash.v1.AuditCheckpoint.$Shape; countersignature?: null }|{ audit?: "countersignature"; checkpoint?: null; countersignature: leash.v1.AuditCountersignature.$Shape })
            );
        }

        interface ISessionReply extends leash.v1.SessionReply.$Properties {
        }

        class SessionReply {
            constructor(properties?: leash.v1.SessionReply.$Properties);
            $unknowns?: Uint8Array[];
            welcome?: (leash.v1.DescribeReply.$Properties|null);
            renewed?: (leash.v1.SessionRenewed.$Properties|null);
            event?: (leash.v1.Event.$Properties|null);
            checkpoint?: (leash.v1.AuditCheckpoint.$Properties|null);
            countersignature?: (leash.v1.AuditCountersignature.$Properties|null);
            body?: ("welcome"|"renewed"|"event"|"checkpoint"|"countersignature");
            static encode(message: leash.v1.SessionReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.SessionReply & leash.v1.SessionReply.$Shape;
        }

        namespace SessionReply {
            interface $Properties {
                welcome?: (leash.v1.DescribeReply.$Properties|null);
                renewed?: (leash.v1.SessionRenewed.$Properties|null);
                event?: (leash.v1.Event.$Properties|null);
                checkpoint?: (leash.v1.AuditCheckpoint.$Properties|null);
                countersignature?: (leash.v1.AuditCountersignature.$Properties|null);
                body?: ("welcome"|"renewed"|"event"|"checkpoint"|"countersignature");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              welcome?: leash.v1.DescribeReply.$Shape|null;
              renewed?: leash.v1.SessionRenewed.$Shape|null;
              event?: leash.v1.Event.$Shape|null;
              checkpoint?: leash.v1.AuditCheckpoint.$Shape|null;
              countersignature?: leash.v1.AuditCountersignature.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; welcome?: null; renewed?: null; event?: null; checkpoint?: null; countersignature?: null }|{ body?: "welcome"; welcome: leash.v1.DescribeReply.$Shape; renewed?: null; event?: null; checkpoint?: null; countersignature?: null }|{ body?: "renewed"; welcome?: null; renewed: leash.v1.SessionRenewed.$Shape; event?: null; checkpoint?: null; countersignature?: null }|{ body?: "event"; welcome?: null; renewed?: null; event: leash.v1.Event.$Shape; checkpoint?: null; countersignature?: null }|{ body?: "checkpoint"; welcome?: null; renewed?: null; event?: null; checkpoint: leash.v1.AuditCheckpoint.$Shape; countersignature?: null }|{ body?: "countersignature"; welcome?: null; renewed?: null; event?: null; checkpoint?: null; countersignature: leash.v1.AuditCountersignature.$Shape })
            );
        }

        interface ISessionRenewed extends leash.v1.SessionRenewed.$Properties {
        }

        class SessionRenewed {
            constructor(properties?: leash.v1.SessionRenewed.$Properties);
            $unknowns?: Uint8Array[];
            sequence: number;
            results: leash.v1.RenewalResult.$Properties[];
            static encode(message: leash.v1.SessionRenewed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.SessionRenewed & leash.v1.SessionRenewed.$Shape;
        }

        namespace SessionRenewed {
            interface $Properties {
                sequence?: (number|null);
                results?: (leash.v1.RenewalResult.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.SessionRenewed.$Properties;
        }

        interface IAuditCheckpoint extends leash.v1.AuditCheckpoint.$Properties {
        }

        class AuditCheckpoint {
            constructor(properties?: leash.v1.AuditCheckpoint.$Properties);
            $unknowns?: Uint8Array[];
            log: string;
            publicKey: string;
            sequence: number;
            hash: string;
            atUnixMs: number;
            cause: string;
            signature: string;
            static encode(message: leash.v1.AuditCheckpoint.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.AuditCheckpoint & leash.v1.AuditCheckpoint.$Shape;
        }

        namespace AuditCheckpoint {
            interface $Properties {
                log?: (string|null);
                publicKey?: (string|null);
                sequence?: (number|null);
                hash?: (string|null);
                atUnixMs?: (number|null);
                cause?: (string|null);
                signature?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.AuditCheckpoint.$Properties;
        }

        interface IAuditCountersignature extends leash.v1.AuditCountersignature.$Properties {
        }

        class AuditCountersignature {
            constructor(properties?: leash.v1.AuditCountersignature.$Properties);
            $unknowns?: Uint8Array[];
            checkpointSignature: string;
            witness: string;
            publicKey: string;
            signature: string;
            static encode(message: leash.v1.AuditCountersignature.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.AuditCountersignature & leash.v1.AuditCountersignature.$Shape;
        }

        namespace AuditCountersignature {
            interface $Properties {
                checkpointSignature?: (string|null);
                witness?: (string|null);
                publicKey?: (string|null);
                signature?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.AuditCountersignature.$Properties;
        }

        interface IListHostsRequest extends leash.v1.ListHostsRequest.$Properties {
        }

        class ListHostsRequest {
            constructor(properties?: leash.v1.ListHostsRequest.$Properties);
            $unknowns?: Uint8Array[];
            static encode(message: leash.v1.ListHostsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListHostsRequest & leash.v1.ListHostsRequest.$Shape;
        }

        namespace ListHostsRequest {
            interface $Properties {
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListHostsRequest.$Properties;
        }

        enum HostStatus {
            HOST_STATUS_UNSPECIFIED = 0,
            HOST_STATUS_CONNECTED = 1,
            HOST_STATUS_UNREACHABLE = 2
        }

        interface IHost extends leash.v1.Host.$Properties {
        }

        class Host {
            constructor(properties?: leash.v1.Host.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            address: string;
            labels: { [k: string]: string };
            status: leash.v1.HostStatus;
            lastSeenMs: number;
            description?: (leash.v1.DescribeReply.$Properties|null);
            error: string;
            unresolved: string[];
            static encode(message: leash.v1.Host.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Host & leash.v1.Host.$Shape;
        }

        namespace Host {
            interface $Properties {
                name?: (string|null);
                address?: (string|null);
                labels?: ({ [k: string]: string }|null);
                status?: (leash.v1.HostStatus|null);
                lastSeenMs?: (number|null);
                description?: (leash.v1.DescribeReply.$Properties|null);
                error?: (string|null);
                unresolved?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              name?: string|null;
              address?: string|null;
              labels?: { [k: string]: string }|null;
              status?: leash.v1.HostStatus|null;
              lastSeenMs?: number|null;
              description?: leash.v1.DescribeReply.$Shape|null;
              error?: string|null;
              unresolved?: string[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IListHostsReply extends leash.v1.ListHostsReply.$Properties {
        }

        class ListHostsReply {
            constructor(properties?: leash.v1.ListHostsReply.$Properties);
            $unknowns?: Uint8Array[];
            hosts: leash.v1.Host.$Properties[];
            halt?: (leash.v1.HaltState.$Properties|null);
            haltDrilledAtUnixMs: number;
            static encode(message: leash.v1.ListHostsReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListHostsReply & leash.v1.ListHostsReply.$Shape;
        }

        namespace ListHostsReply {
            interface $Properties {
                hosts?: (leash.v1.Host.$Properties[]|null);
                halt?: (leash.v1.HaltState.$Properties|null);
                haltDrilledAtUnixMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              hosts?: leash.v1.Host.$Shape[]|null;
              halt?: leash.v1.HaltState.$Shape|null;
              haltDrilledAtUnixMs?: number|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IListFleetProcessesRequest extends leash.v1.ListFleetProcessesRequest.$Properties {
        }

        class ListFleetProcessesRequest {
            constructor(properties?: leash.v1.ListFleetProcessesRequest.$Properties);
            $unknowns?: Uint8Array[];
            selector?: (leash.v1.Selector.$Properties|null);
            hosts: string[];
            static encode(message: leash.v1.ListFleetProcessesRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListFleetProcessesRequest & leash.v1.ListFleetProcessesRequest.$Shape;
        }

        namespace ListFleetProcessesRequest {
            interface $Properties {
                selector?: (leash.v1.Selector.$Properties|null);
                hosts?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListFleetProcessesRequest.$Properties;
        }

        interface IFleetProcesses extends leash.v1.FleetProcesses.$Properties {
        }

        class FleetProcesses {
            constructor(properties?: leash.v1.FleetProcesses.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            processes: leash.v1.ProcessMatch.$Properties[];
            error: string;
            static encode(message: leash.v1.FleetProcesses.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FleetProcesses & leash.v1.FleetProcesses.$Shape;
        }

        namespace FleetProcesses {
            interface $Properties {
                host?: (string|null);
                processes?: (leash.v1.ProcessMatch.$Properties[]|null);
                error?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.FleetProcesses.$Properties;
        }

        interface IExperimentFile extends leash.v1.ExperimentFile.$Properties {
        }

        class ExperimentFile {
            constructor(properties?: leash.v1.ExperimentFile.$Properties);
            $unknowns?: Uint8Array[];
            name: string;
            text: string;
            playbooks: leash.v1.PlaybookFile.$Properties[];
            static encode(message: leash.v1.ExperimentFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ExperimentFile & leash.v1.ExperimentFile.$Shape;
        }

        namespace ExperimentFile {
            interface $Properties {
                name?: (string|null);
                text?: (string|null);
                playbooks?: (leash.v1.PlaybookFile.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ExperimentFile.$Properties;
        }

        interface IFileProblem extends leash.v1.FileProblem.$Properties {
        }

        class FileProblem {
            constructor(properties?: leash.v1.FileProblem.$Properties);
            $unknowns?: Uint8Array[];
            file: string;
            line: number;
            column: number;
            message: string;
            static encode(message: leash.v1.FileProblem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.FileProblem & leash.v1.FileProblem.$Shape;
        }

        namespace FileProblem {
            interface $Properties {
                file?: (string|null);
                line?: (number|null);
                column?: (number|null);
                message?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.FileProblem.$Properties;
        }

        interface IGateVerdict extends leash.v1.GateVerdict.$Properties {
        }

        class GateVerdict {
            constructor(properties?: leash.v1.GateVerdict.$Properties);
            $unknowns?: Uint8Array[];
            gate: string;
            passed: boolean;
            message: string;
            remedies: string[];
            static encode(message: leash.v1.GateVerdict.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.GateVerdict & leash.v1.GateVerdict.$Shape;
        }

        namespace GateVerdict {
            interface $Properties {
                gate?: (string|null);
                passed?: (boolean|null);
                message?: (string|null);
                remedies?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.GateVerdict.$Properties;
        }

        interface IHostPlan extends leash.v1.HostPlan.$Properties {
        }

        class HostPlan {
            constructor(properties?: leash.v1.HostPlan.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            step: number;
            fault: string;
            plan?: (leash.v1.PlanReply.$Properties|null);
            error: string;
            reselect: boolean;
            static encode(message: leash.v1.HostPlan.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HostPlan & leash.v1.HostPlan.$Shape;
        }

        namespace HostPlan {
            interface $Properties {
                host?: (string|null);
                step?: (number|null);
                fault?: (string|null);
                plan?: (leash.v1.PlanReply.$Properties|null);
                error?: (string|null);
                reselect?: (boolean|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HostPlan.$Properties;
        }

        interface IExperimentPlan extends leash.v1.ExperimentPlan.$Properties {
        }

        class ExperimentPlan {
            constructor(properties?: leash.v1.ExperimentPlan.$Properties);
            $unknowns?: Uint8Array[];
            experiment: string;
            stage: string;
            scopeDigest: string;
            targetsDigest: string;
            hosts: leash.v1.HostPlan.$Properties[];
            gates: leash.v1.GateVerdict.$Properties[];
            notes: string[];
            facts?: (leash.v1.ExperimentFacts.$Properties|null);
            static encode(message: leash.v1.ExperimentPlan.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ExperimentPlan & leash.v1.ExperimentPlan.$Shape;
        }

        namespace ExperimentPlan {
            interface $Properties {
                experiment?: (string|null);
                stage?: (string|null);
                scopeDigest?: (string|null);
                targetsDigest?: (string|null);
                hosts?: (leash.v1.HostPlan.$Properties[]|null);
                gates?: (leash.v1.GateVerdict.$Properties[]|null);
                notes?: (string[]|null);
                facts?: (leash.v1.ExperimentFacts.$Properties|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ExperimentPlan.$Properties;
        }

        interface ISubmitRequest extends leash.v1.SubmitRequest.$Properties {
        }

        class SubmitRequest {
            constructor(properties?: leash.v1.SubmitRequest.$Properties);
            $unknowns?: Uint8Array[];
            file?: (leash.v1.ExperimentFile.$Properties|null);
            targetsDigest: string;
            static encode(message: leash.v1.SubmitRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.SubmitRequest & leash.v1.SubmitRequest.$Shape;
        }

        namespace SubmitRequest {
            interface $Properties {
                file?: (leash.v1.ExperimentFile.$Properties|null);
                targetsDigest?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.SubmitRequest.$Properties;
        }

        interface ISubmitDrillRequest extends leash.v1.SubmitDrillRequest.$Properties {
        }

        class SubmitDrillRequest {
            constructor(properties?: leash.v1.SubmitDrillRequest.$Properties);
            $unknowns?: Uint8Array[];
            file?: (leash.v1.ExperimentFile.$Properties|null);
            rule: number;
            static encode(message: leash.v1.SubmitDrillRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.SubmitDrillRequest & leash.v1.SubmitDrillRequest.$Shape;
        }

        namespace SubmitDrillRequest {
            interface $Properties {
                file?: (leash.v1.ExperimentFile.$Properties|null);
                rule?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.SubmitDrillRequest.$Properties;
        }

        interface IStartRequest extends leash.v1.StartRequest.$Properties {
        }

        class StartRequest {
            constructor(properties?: leash.v1.StartRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            queueMs: number;
            static encode(message: leash.v1.StartRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.StartRequest & leash.v1.StartRequest.$Shape;
        }

        namespace StartRequest {
            interface $Properties {
                runId?: (string|null);
                queueMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.StartRequest.$Properties;
        }

        interface IAbortRequest extends leash.v1.AbortRequest.$Properties {
        }

        class AbortRequest {
            constructor(properties?: leash.v1.AbortRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            reason: string;
            static encode(message: leash.v1.AbortRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.AbortRequest & leash.v1.AbortRequest.$Shape;
        }

        namespace AbortRequest {
            interface $Properties {
                runId?: (string|null);
                reason?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.AbortRequest.$Properties;
        }

        enum RunPhase {
            RUN_PHASE_UNSPECIFIED = 0,
            RUN_PHASE_SUBMITTED = 1,
            RUN_PHASE_BASELINE = 2,
            RUN_PHASE_RUNNING = 3,
            RUN_PHASE_ENDING = 4,
            RUN_PHASE_ENDED = 5,
            RUN_PHASE_QUEUED = 6
        }

        enum RunResult {
            RUN_RESULT_UNSPECIFIED = 0,
            RUN_RESULT_HELD = 1,
            RUN_RESULT_DEVIATED = 2,
            RUN_RESULT_REFUSED = 3,
            RUN_RESULT_ABORTED = 4,
            RUN_RESULT_UNRESOLVED = 5,
            RUN_RESULT_NOT_JUDGED = 6,
            RUN_RESULT_UNKNOWN = 7
        }

        interface IRunFault extends leash.v1.RunFault.$Properties {
        }

        class RunFault {
            constructor(properties?: leash.v1.RunFault.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            step: number;
            idempotencyKey: string;
            fault?: (leash.v1.Fault.$Properties|null);
            error: string;
            static encode(message: leash.v1.RunFault.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RunFault & leash.v1.RunFault.$Shape;
        }

        namespace RunFault {
            interface $Properties {
                host?: (string|null);
                step?: (number|null);
                idempotencyKey?: (string|null);
                fault?: (leash.v1.Fault.$Properties|null);
                error?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              host?: string|null;
              step?: number|null;
              idempotencyKey?: string|null;
              fault?: leash.v1.Fault.$Shape|null;
              error?: string|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IRunEvent extends leash.v1.RunEvent.$Properties {
        }

        class RunEvent {
            constructor(properties?: leash.v1.RunEvent.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            sequence: number;
            atUnixMs: number;
            kind: string;
            host: string;
            text: string;
            static encode(message: leash.v1.RunEvent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RunEvent & leash.v1.RunEvent.$Shape;
        }

        namespace RunEvent {
            interface $Properties {
                runId?: (string|null);
                sequence?: (number|null);
                atUnixMs?: (number|null);
                kind?: (string|null);
                host?: (string|null);
                text?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RunEvent.$Properties;
        }

        interface IProbeSummary extends leash.v1.ProbeSummary.$Properties {
        }

        class ProbeSummary {
            constructor(properties?: leash.v1.ProbeSummary.$Properties);
            $unknowns?: Uint8Array[];
            probe: string;
            value: string;
            baseline: number;
            duringMin: number;
            duringMax: number;
            after: number;
            samples: number;
            static encode(message: leash.v1.ProbeSummary.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ProbeSummary & leash.v1.ProbeSummary.$Shape;
        }

        namespace ProbeSummary {
            interface $Properties {
                probe?: (string|null);
                value?: (string|null);
                baseline?: (number|null);
                duringMin?: (number|null);
                duringMax?: (number|null);
                after?: (number|null);
                samples?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ProbeSummary.$Properties;
        }

        interface IRun extends leash.v1.Run.$Properties {
        }

        class Run {
            constructor(properties?: leash.v1.Run.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            experiment: string;
            owner: string;
            submittedBy: string;
            stage: string;
            phase: leash.v1.RunPhase;
            result: leash.v1.RunResult;
            cause: string;
            scopeDigest: string;
            targetsDigests: string[];
            submittedAtUnixMs: number;
            endedAtUnixMs: number;
            faults: leash.v1.RunFault.$Properties[];
            gates: leash.v1.GateVerdict.$Properties[];
            probes: leash.v1.ProbeSummary.$Properties[];
            events: leash.v1.RunEvent.$Properties[];
            hypothesis: string;
            drillRule: string;
            drillPassed: boolean;
            facts?: (leash.v1.ExperimentFacts.$Properties|null);
            startedBy: string;
            deviation: string;
            series: leash.v1.MetricSeries.$Properties[];
            learnings: leash.v1.Learning.$Properties[];
            rollbacks: leash.v1.HostRollback.$Properties[];
            traceLinks: string[];
            unknown: string;
            queue?: (leash.v1.QueuePlace.$Properties|null);
            loads: leash.v1.RunLoad.$Properties[];
            detectors: leash.v1.DetectorRecord.$Properties[];
            static encode(message: leash.v1.Run.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.Run & leash.v1.Run.$Shape;
        }

        namespace Run {
            interface $Properties {
                runId?: (string|null);
                experiment?: (string|null);
                owner?: (string|null);
                submittedBy?: (string|null);
                stage?: (string|null);
                phase?: (leash.v1.RunPhase|null);
                result?: (leash.v1.RunResult|null);
                cause?: (string|null);
                scopeDigest?: (string|null);
                targetsDigests?: (string[]|null);
                submittedAtUnixMs?: (number|null);
                endedAtUnixMs?: (number|null);
                faults?: (leash.v1.RunFault.$Properties[]|null);
                gates?: (leash.v1.GateVerdict.$Properties[]|null);
                probes?: (leash.v1.ProbeSummary.$Properties[]|null);
                events?: (leash.v1.RunEvent.$Properties[]|null);
                hypothesis?: (string|null);
                drillRule?: (string|null);
                drillPassed?: (boolean|null);
                facts?: (leash.v1.ExperimentFacts.$Properties|null);
                startedBy?: (string|null);
                deviation?: (string|null);
                series?: (leash.v1.MetricSeries.$Properties[]|null);
                learnings?: (leash.v1.Learning.$Properties[]|null);
                rollbacks?: (leash.v1.HostRollback.$Properties[]|null);
                traceLinks?: (string[]|null);
                unknown?: (string|null);
                queue?: (leash.v1.QueuePlace.$Properties|null);
                loads?: (leash.v1.RunLoad.$Properties[]|null);
                detectors?: (leash.v1.DetectorRecord.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              runId?: string|null;
              experiment?: string|null;
              owner?: string|null;
              submittedBy?: string|null;
              stage?: string|null;
              phase?: leash.v1.RunPhase|null;
              result?: leash.v1.RunResult|null;
              cause?: string|null;
              scopeDigest?: string|null;
              targetsDigests?: string[]|null;
              submittedAtUnixMs?: number|null;
              endedAtUnixMs?: number|null;
              faults?: leash.v1.RunFault.$Shape[]|null;
              gates?: leash.v1.GateVerdict.$Shape[]|null;
              probes?: leash.v1.ProbeSummary.$Shape[]|null;
              events?: leash.v1.RunEvent.$Shape[]|null;
              hypothesis?: string|null;
              drillRule?: string|null;
              drillPassed?: boolean|null;
              facts?: leash.v1.ExperimentFacts.$Shape|null;
              startedBy?: string|null;
              deviation?: string|null;
              series?: leash.v1.MetricSeries.$Shape[]|null;
              learnings?: leash.v1.Learning.$Shape[]|null;
              rollbacks?: leash.v1.HostRollback.$Shape[]|null;
              traceLinks?: string[]|null;
              unknown?: string|null;
              queue?: leash.v1.QueuePlace.$Shape|null;
              loads?: leash.v1.RunLoad.$Shape[]|null;
              detectors?: leash.v1.DetectorRecord.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IRunLoad extends leash.v1.RunLoad.$Properties {
        }

        class RunLoad {
            constructor(properties?: leash.v1.RunLoad.$Properties);
            $unknowns?: Uint8Array[];
            step: number;
            what: string;
            over: boolean;
            requests: number;
            errors: number;
            notSent: number;
            tookMs: number;
            latencyP50Ms: number;
            latencyP95Ms: number;
            latencyP99Ms: number;
            latencyMaxMs: number;
            error: string;
            static encode(message: leash.v1.RunLoad.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RunLoad & leash.v1.RunLoad.$Shape;
        }

        namespace RunLoad {
            interface $Properties {
                step?: (number|null);
                what?: (string|null);
                over?: (boolean|null);
                requests?: (number|null);
                errors?: (number|null);
                notSent?: (number|null);
                tookMs?: (number|null);
                latencyP50Ms?: (number|null);
                latencyP95Ms?: (number|null);
                latencyP99Ms?: (number|null);
                latencyMaxMs?: (number|null);
                error?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RunLoad.$Properties;
        }

        interface IQueuePlace extends leash.v1.QueuePlace.$Properties {
        }

        class QueuePlace {
            constructor(properties?: leash.v1.QueuePlace.$Properties);
            $unknowns?: Uint8Array[];
            place: number;
            why: string;
            expiresAtUnixMs: number;
            static encode(message: leash.v1.QueuePlace.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.QueuePlace & leash.v1.QueuePlace.$Shape;
        }

        namespace QueuePlace {
            interface $Properties {
                place?: (number|null);
                why?: (string|null);
                expiresAtUnixMs?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.QueuePlace.$Properties;
        }

        interface IListRunsRequest extends leash.v1.ListRunsRequest.$Properties {
        }

        class ListRunsRequest {
            constructor(properties?: leash.v1.ListRunsRequest.$Properties);
            $unknowns?: Uint8Array[];
            runsMax: number;
            static encode(message: leash.v1.ListRunsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListRunsRequest & leash.v1.ListRunsRequest.$Shape;
        }

        namespace ListRunsRequest {
            interface $Properties {
                runsMax?: (number|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ListRunsRequest.$Properties;
        }

        interface IListRunsReply extends leash.v1.ListRunsReply.$Properties {
        }

        class ListRunsReply {
            constructor(properties?: leash.v1.ListRunsReply.$Properties);
            $unknowns?: Uint8Array[];
            runs: leash.v1.Run.$Properties[];
            static encode(message: leash.v1.ListRunsReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ListRunsReply & leash.v1.ListRunsReply.$Shape;
        }

        namespace ListRunsReply {
            interface $Properties {
                runs?: (leash.v1.Run.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              runs?: leash.v1.Run.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IGetRunRequest extends leash.v1.GetRunRequest.$Properties {
        }

        class GetRunRequest {
            constructor(properties?: leash.v1.GetRunRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            static encode(message: leash.v1.GetRunRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.GetRunRequest & leash.v1.GetRunRequest.$Shape;
        }

        namespace GetRunRequest {
            interface $Properties {
                runId?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.GetRunRequest.$Properties;
        }

        interface IWatchRunsRequest extends leash.v1.WatchRunsRequest.$Properties {
        }

        class WatchRunsRequest {
            constructor(properties?: leash.v1.WatchRunsRequest.$Properties);
            $unknowns?: Uint8Array[];
            runId: string;
            static encode(message: leash.v1.WatchRunsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.WatchRunsRequest & leash.v1.WatchRunsRequest.$Shape;
        }

        namespace WatchRunsRequest {
            interface $Properties {
                runId?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.WatchRunsRequest.$Properties;
        }

        interface IHaltFleetRequest extends leash.v1.HaltFleetRequest.$Properties {
        }

        class HaltFleetRequest {
            constructor(properties?: leash.v1.HaltFleetRequest.$Properties);
            $unknowns?: Uint8Array[];
            requestId: string;
            reason: string;
            drill: boolean;
            static encode(message: leash.v1.HaltFleetRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HaltFleetRequest & leash.v1.HaltFleetRequest.$Shape;
        }

        namespace HaltFleetRequest {
            interface $Properties {
                requestId?: (string|null);
                reason?: (string|null);
                drill?: (boolean|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HaltFleetRequest.$Properties;
        }

        interface IHostHalt extends leash.v1.HostHalt.$Properties {
        }

        class HostHalt {
            constructor(properties?: leash.v1.HostHalt.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            latched: boolean;
            volatile: boolean;
            epoch: number;
            latchedMs: number;
            restoredMs: number;
            error: string;
            lastLeaseEndsAtUnixMs: number;
            receipts: leash.v1.Receipt.$Properties[];
            memoryOnly: boolean;
            static encode(message: leash.v1.HostHalt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HostHalt & leash.v1.HostHalt.$Shape;
        }

        namespace HostHalt {
            interface $Properties {
                host?: (string|null);
                latched?: (boolean|null);
                volatile?: (boolean|null);
                epoch?: (number|null);
                latchedMs?: (number|null);
                restoredMs?: (number|null);
                error?: (string|null);
                lastLeaseEndsAtUnixMs?: (number|null);
                receipts?: (leash.v1.Receipt.$Properties[]|null);
                memoryOnly?: (boolean|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HostHalt.$Properties;
        }

        interface IHaltFleetReply extends leash.v1.HaltFleetReply.$Properties {
        }

        class HaltFleetReply {
            constructor(properties?: leash.v1.HaltFleetReply.$Properties);
            $unknowns?: Uint8Array[];
            hosts: leash.v1.HostHalt.$Properties[];
            static encode(message: leash.v1.HaltFleetReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HaltFleetReply & leash.v1.HaltFleetReply.$Shape;
        }

        namespace HaltFleetReply {
            interface $Properties {
                hosts?: (leash.v1.HostHalt.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HaltFleetReply.$Properties;
        }

        interface IRearmFleetRequest extends leash.v1.RearmFleetRequest.$Properties {
        }

        class RearmFleetRequest {
            constructor(properties?: leash.v1.RearmFleetRequest.$Properties);
            $unknowns?: Uint8Array[];
            reason: string;
            hosts: string[];
            static encode(message: leash.v1.RearmFleetRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RearmFleetRequest & leash.v1.RearmFleetRequest.$Shape;
        }

        namespace RearmFleetRequest {
            interface $Properties {
                reason?: (string|null);
                hosts?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RearmFleetRequest.$Properties;
        }

        interface IHostRearm extends leash.v1.HostRearm.$Properties {
        }

        class HostRearm {
            constructor(properties?: leash.v1.HostRearm.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            rearmed: boolean;
            epoch: number;
            error: string;
            static encode(message: leash.v1.HostRearm.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.HostRearm & leash.v1.HostRearm.$Shape;
        }

        namespace HostRearm {
            interface $Properties {
                host?: (string|null);
                rearmed?: (boolean|null);
                epoch?: (number|null);
                error?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.HostRearm.$Properties;
        }

        interface IRearmFleetReply extends leash.v1.RearmFleetReply.$Properties {
        }

        class RearmFleetReply {
            constructor(properties?: leash.v1.RearmFleetReply.$Properties);
            $unknowns?: Uint8Array[];
            hosts: leash.v1.HostRearm.$Properties[];
            static encode(message: leash.v1.RearmFleetReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.RearmFleetReply & leash.v1.RearmFleetReply.$Shape;
        }

        namespace RearmFleetReply {
            interface $Properties {
                hosts?: (leash.v1.HostRearm.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.RearmFleetReply.$Properties;
        }

        interface IResolveRequest extends leash.v1.ResolveRequest.$Properties {
        }

        class ResolveRequest {
            constructor(properties?: leash.v1.ResolveRequest.$Properties);
            $unknowns?: Uint8Array[];
            host: string;
            reason: string;
            static encode(message: leash.v1.ResolveRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ResolveRequest & leash.v1.ResolveRequest.$Shape;
        }

        namespace ResolveRequest {
            interface $Properties {
                host?: (string|null);
                reason?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ResolveRequest.$Properties;
        }

        interface IResolveReply extends leash.v1.ResolveReply.$Properties {
        }

        class ResolveReply {
            constructor(properties?: leash.v1.ResolveReply.$Properties);
            $unknowns?: Uint8Array[];
            abandoned: boolean;
            message: string;
            static encode(message: leash.v1.ResolveReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.ResolveReply & leash.v1.ResolveReply.$Shape;
        }

        namespace ResolveReply {
            interface $Properties {
                abandoned?: (boolean|null);
                message?: (string|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.ResolveReply.$Properties;
        }

        interface ICanRequest extends leash.v1.CanRequest.$Properties {
        }

        class CanRequest {
            constructor(properties?: leash.v1.CanRequest.$Properties);
            $unknowns?: Uint8Array[];
            method: string;
            file?: (leash.v1.ExperimentFile.$Properties|null);
            hosts: string[];
            stage: string;
            faults: string[];
            static encode(message: leash.v1.CanRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.CanRequest & leash.v1.CanRequest.$Shape;
        }

        namespace CanRequest {
            interface $Properties {
                method?: (string|null);
                file?: (leash.v1.ExperimentFile.$Properties|null);
                hosts?: (string[]|null);
                stage?: (string|null);
                faults?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.CanRequest.$Properties;
        }

        interface ICanReply extends leash.v1.CanReply.$Properties {
        }

        class CanReply {
            constructor(properties?: leash.v1.CanReply.$Properties);
            $unknowns?: Uint8Array[];
            allowed: boolean;
            reasons: string[];
            static encode(message: leash.v1.CanReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): leash.v1.CanReply & leash.v1.CanReply.$Shape;
        }

        namespace CanReply {
            interface $Properties {
                allowed?: (boolean|null);
                reasons?: (string[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = leash.v1.CanReply.$Properties;
        }
    }
}

export namespace google {

    namespace protobuf {

        interface IStruct extends google.protobuf.Struct.$Properties {
        }

        class Struct {
            constructor(properties?: google.protobuf.Struct.$Properties);
            $unknowns?: Uint8Array[];
            fields: { [k: string]: google.protobuf.Value.$Properties };
            static encode(message: google.protobuf.Struct.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.Struct & google.protobuf.Struct.$Shape;
        }

        namespace Struct {
            interface $Properties {
                fields?: ({ [k: string]: google.protobuf.Value.$Properties }|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              fields?: { [k: string]: google.protobuf.Value.$Shape }|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IValue extends google.protobuf.Value.$Properties {
        }

        class Value {
            constructor(properties?: google.protobuf.Value.$Properties);
            $unknowns?: Uint8Array[];
            nullValue?: (google.protobuf.NullValue|null);
            numberValue?: (number|null);
            stringValue?: (string|null);
            boolValue?: (boolean|null);
            structValue?: (google.protobuf.Struct.$Properties|null);
            listValue?: (google.protobuf.ListValue.$Properties|null);
            kind?: ("nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue");
            static encode(message: google.protobuf.Value.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.Value & google.protobuf.Value.$Shape;
        }

        namespace Value {
            interface $Properties {
                nullValue?: (google.protobuf.NullValue|null);
                numberValue?: (number|null);
                stringValue?: (string|null);
                boolValue?: (boolean|null);
                structValue?: (google.protobuf.Struct.$Properties|null);
                listValue?: (google.protobuf.ListValue.$Properties|null);
                kind?: ("nullValue"|"numberValue"|"stringValue"|"boolValue"|"structValue"|"listValue");
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              nullValue?: google.protobuf.NullValue|null;
              numberValue?: number|null;
              stringValue?: string|null;
              boolValue?: boolean|null;
              structValue?: google.protobuf.Struct.$Shape|null;
              listValue?: google.protobuf.ListValue.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ kind?: undefined; nullValue?: null; numberValue?: null; stringValue?: null; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "nullValue"; nullValue: google.protobuf.NullValue; numberValue?: null; stringValue?: null; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "numberValue"; nullValue?: null; numberValue: number; stringValue?: null; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "stringValue"; nullValue?: null; numberValue?: null; stringValue: string; boolValue?: null; structValue?: null; listValue?: null }|{ kind?: "boolValue"; nullValue?: null; numberValue?: null; stringValue?: null; boolValue: boolean; structValue?: null; listValue?: null }|{ kind?: "structValue"; nullValue?: null; numberValue?: null; stringValue?: null; boolValue?: null; structValue: google.protobuf.Struct.$Shape; listValue?: null }|{ kind?: "listValue"; nullValue?: null; numberValue?: null; stringValue?: null; boolValue?: null; structValue?: null; listValue: google.protobuf.ListValue.$Shape })
            );
        }

        enum NullValue {
            NULL_VALUE = 0
        }

        interface IListValue extends google.protobuf.ListValue.$Properties {
        }

        class ListValue {
            constructor(properties?: google.protobuf.ListValue.$Properties);
            $unknowns?: Uint8Array[];
            values: google.protobuf.Value.$Properties[];
            static encode(message: google.protobuf.ListValue.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.ListValue & google.protobuf.ListValue.$Shape;
        }

        namespace ListValue {
            interface $Properties {
                values?: (google.protobuf.Value.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = {
              values?: google.protobuf.Value.$Shape[]|null;
              $unknowns?: Uint8Array[];
            };
        }

        interface IAny extends google.protobuf.Any.$Properties {
        }

        class Any {
            constructor(properties?: google.protobuf.Any.$Properties);
            $unknowns?: Uint8Array[];
            type_url: string;
            value: Uint8Array;
            static encode(message: google.protobuf.Any.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.protobuf.Any & google.protobuf.Any.$Shape;
        }

        namespace Any {
            interface $Properties {
                type_url?: (string|null);
                value?: (Uint8Array|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = google.protobuf.Any.$Properties;
        }
    }

    namespace rpc {

        interface IStatus extends google.rpc.Status.$Properties {
        }

        class Status {
            constructor(properties?: google.rpc.Status.$Properties);
            $unknowns?: Uint8Array[];
            code: number;
            message: string;
            details: google.protobuf.Any.$Properties[];
            static encode(message: google.rpc.Status.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.rpc.Status & google.rpc.Status.$Shape;
        }

        namespace Status {
            interface $Properties {
                code?: (number|null);
                message?: (string|null);
                details?: (google.protobuf.Any.$Properties[]|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = google.rpc.Status.$Properties;
        }

        interface IErrorInfo extends google.rpc.ErrorInfo.$Properties {
        }

        class ErrorInfo {
            constructor(properties?: google.rpc.ErrorInfo.$Properties);
            $unknowns?: Uint8Array[];
            reason: string;
            domain: string;
            metadata: { [k: string]: string };
            static encode(message: google.rpc.ErrorInfo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): google.rpc.ErrorInfo & google.rpc.ErrorInfo.$Shape;
        }

        namespace ErrorInfo {
            interface $Properties {
                reason?: (string|null);
                domain?: (string|null);
                metadata?: ({ [k: string]: string }|null);
                $unknowns?: Uint8Array[];
            }
            type $Shape = google.rpc.ErrorInfo.$Properties;
        }
    }
}

export namespace grpc {

    namespace health {

        namespace v1 {

            interface IHealthCheckRequest extends grpc.health.v1.HealthCheckRequest.$Properties {
            }

            class HealthCheckRequest {
                constructor(properties?: grpc.health.v1.HealthCheckRequest.$Properties);
                $unknowns?: Uint8Array[];
                service: string;
                static encode(message: grpc.health.v1.HealthCheckRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.health.v1.HealthCheckRequest & grpc.health.v1.HealthCheckRequest.$Shape;
            }

            namespace HealthCheckRequest {
                interface $Properties {
                    service?: (string|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.health.v1.HealthCheckRequest.$Properties;
            }

            interface IHealthCheckResponse extends grpc.health.v1.HealthCheckResponse.$Properties {
            }

            class HealthCheckResponse {
                constructor(properties?: grpc.health.v1.HealthCheckResponse.$Properties);
                $unknowns?: Uint8Array[];
                status: grpc.health.v1.HealthCheckResponse.ServingStatus;
                static encode(message: grpc.health.v1.HealthCheckResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.health.v1.HealthCheckResponse & grpc.health.v1.HealthCheckResponse.$Shape;
            }

            namespace HealthCheckResponse {
                interface $Properties {
                    status?: (grpc.health.v1.HealthCheckResponse.ServingStatus|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.health.v1.HealthCheckResponse.$Properties;

                enum ServingStatus {
                    UNKNOWN = 0,
                    SERVING = 1,
                    NOT_SERVING = 2,
                    SERVICE_UNKNOWN = 3
                }
            }
        }
    }

    namespace reflection {

        namespace v1 {

            interface IServerReflectionRequest extends grpc.reflection.v1.ServerReflectionRequest.$Properties {
            }

            class ServerReflectionRequest {
                constructor(properties?: grpc.reflection.v1.ServerReflectionRequest.$Properties);
                $unknowns?: Uint8Array[];
                host: string;
                fileByFilename?: (string|null);
                fileContainingSymbol?: (string|null);
                fileContainingExtension?: (grpc.reflection.v1.ExtensionRequest.$Properties|null);
                allExtensionNumbersOfType?: (string|null);
                listServices?: (string|null);
                messageRequest?: ("fileByFilename"|"fileContainingSymbol"|"fileContainingExtension"|"allExtensionNumbersOfType"|"listServices");
                static encode(message: grpc.reflection.v1.ServerReflectionRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ServerReflectionRequest & grpc.reflection.v1.ServerReflectionRequest.$Shape;
            }

            namespace ServerReflectionRequest {
                interface $Properties {
                    host?: (string|null);
                    fileByFilename?: (string|null);
                    fileContainingSymbol?: (string|null);
                    fileContainingExtension?: (grpc.reflection.v1.ExtensionRequest.$Properties|null);
                    allExtensionNumbersOfType?: (string|null);
                    listServices?: (string|null);
                    messageRequest?: ("fileByFilename"|"fileContainingSymbol"|"fileContainingExtension"|"allExtensionNumbersOfType"|"listServices");
                    $unknowns?: Uint8Array[];
                }
                type $Shape = {
                  host?: string|null;
                  fileByFilename?: string|null;
                  fileContainingSymbol?: string|null;
                  fileContainingExtension?: grpc.reflection.v1.ExtensionRequest.$Shape|null;
                  allExtensionNumbersOfType?: string|null;
                  listServices?: string|null;
                  $unknowns?: Uint8Array[];
                } & (
                  ({ messageRequest?: undefined; fileByFilename?: null; fileContainingSymbol?: null; fileContainingExtension?: null; allExtensionNumbersOfType?: null; listServices?: null }|{ messageRequest?: "fileByFilename"; fileByFilename: string; fileContainingSymbol?: null; fileContainingExtension?: null; allExtensionNumbersOfType?: null; listServices?: null }|{ messageRequest?: "fileContainingSymbol"; fileByFilename?: null; fileContainingSymbol: string; fileContainingExtension?: null; allExtensionNumbersOfType?: null; listServices?: null }|{ messageRequest?: "fileContainingExtension"; fileByFilename?: null; fileContainingSymbol?: null; fileContainingExtension: grpc.reflection.v1.ExtensionRequest.$Shape; allExtensionNumbersOfType?: null; listServices?: null }|{ messageRequest?: "allExtensionNumbersOfType"; fileByFilename?: null; fileContainingSymbol?: null; fileContainingExtension?: null; allExtensionNumbersOfType: string; listServices?: null }|{ messageRequest?: "listServices"; fileByFilename?: null; fileContainingSymbol?: null; fileContainingExtension?: null; allExtensionNumbersOfType?: null; listServices: string })
                );
            }

            interface IExtensionRequest extends grpc.reflection.v1.ExtensionRequest.$Properties {
            }

            class ExtensionRequest {
                constructor(properties?: grpc.reflection.v1.ExtensionRequest.$Properties);
                $unknowns?: Uint8Array[];
                containingType: string;
                extensionNumber: number;
                static encode(message: grpc.reflection.v1.ExtensionRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ExtensionRequest & grpc.reflection.v1.ExtensionRequest.$Shape;
            }

            namespace ExtensionRequest {
                interface $Properties {
                    containingType?: (string|null);
                    extensionNumber?: (number|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.reflection.v1.ExtensionRequest.$Properties;
            }

            interface IServerReflectionResponse extends grpc.reflection.v1.ServerReflectionResponse.$Properties {
            }

            class ServerReflectionResponse {
                constructor(properties?: grpc.reflection.v1.ServerReflectionResponse.$Properties);
                $unknowns?: Uint8Array[];
                validHost: string;
                originalRequest?: (grpc.reflection.v1.ServerReflectionRequest.$Properties|null);
                fileDescriptorResponse?: (grpc.reflection.v1.FileDescriptorResponse.$Properties|null);
                allExtensionNumbersResponse?: (grpc.reflection.v1.ExtensionNumberResponse.$Properties|null);
                listServicesResponse?: (grpc.reflection.v1.ListServiceResponse.$Properties|null);
                errorResponse?: (grpc.reflection.v1.ErrorResponse.$Properties|null);
                messageResponse?: ("fileDescriptorResponse"|"allExtensionNumbersResponse"|"listServicesResponse"|"errorResponse");
                static encode(message: grpc.reflection.v1.ServerReflectionResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ServerReflectionResponse & grpc.reflection.v1.ServerReflectionResponse.$Shape;
            }

            namespace ServerReflectionResponse {
                interface $Properties {
                    validHost?: (string|null);
                    originalRequest?: (grpc.reflection.v1.ServerReflectionRequest.$Properties|null);
                    fileDescriptorResponse?: (grpc.reflection.v1.FileDescriptorResponse.$Properties|null);
                    allExtensionNumbersResponse?: (grpc.reflection.v1.ExtensionNumberResponse.$Properties|null);
                    listServicesResponse?: (grpc.reflection.v1.ListServiceResponse.$Properties|null);
                    errorResponse?: (grpc.reflection.v1.ErrorResponse.$Properties|null);
                    messageResponse?: ("fileDescriptorResponse"|"allExtensionNumbersResponse"|"listServicesResponse"|"errorResponse");
                    $unknowns?: Uint8Array[];
                }
                type $Shape = {
                  validHost?: string|null;
                  originalRequest?: grpc.reflection.v1.ServerReflectionRequest.$Shape|null;
                  fileDescriptorResponse?: grpc.reflection.v1.FileDescriptorResponse.$Shape|null;
                  allExtensionNumbersResponse?: grpc.reflection.v1.ExtensionNumberResponse.$Shape|null;
                  listServicesResponse?: grpc.reflection.v1.ListServiceResponse.$Shape|null;
                  errorResponse?: grpc.reflection.v1.ErrorResponse.$Shape|null;
                  $unknowns?: Uint8Array[];
                } & (
                  ({ messageResponse?: undefined; fileDescriptorResponse?: null; allExtensionNumbersResponse?: null; listServicesResponse?: null; errorResponse?: null }|{ messageResponse?: "fileDescriptorResponse"; fileDescriptorResponse: grpc.reflection.v1.FileDescriptorResponse.$Shape; allExtensionNumbersResponse?: null; listServicesResponse?: null; errorResponse?: null }|{ messageResponse?: "allExtensionNumbersResponse"; fileDescriptorResponse?: null; allExtensionNumbersResponse: grpc.reflection.v1.ExtensionNumberResponse.$Shape; listServicesResponse?: null; errorResponse?: null }|{ messageResponse?: "listServicesResponse"; fileDescriptorResponse?: null; allExtensionNumbersResponse?: null; listServicesResponse: grpc.reflection.v1.ListServiceResponse.$Shape; errorResponse?: null }|{ messageResponse?: "errorResponse"; fileDescriptorResponse?: null; allExtensionNumbersResponse?: null; listServicesResponse?: null; errorResponse: grpc.reflection.v1.ErrorResponse.$Shape })
                );
            }

            interface IFileDescriptorResponse extends grpc.reflection.v1.FileDescriptorResponse.$Properties {
            }

            class FileDescriptorResponse {
                constructor(properties?: grpc.reflection.v1.FileDescriptorResponse.$Properties);
                $unknowns?: Uint8Array[];
                fileDescriptorProto: Uint8Array[];
                static encode(message: grpc.reflection.v1.FileDescriptorResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.FileDescriptorResponse & grpc.reflection.v1.FileDescriptorResponse.$Shape;
            }

            namespace FileDescriptorResponse {
                interface $Properties {
                    fileDescriptorProto?: (Uint8Array[]|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.reflection.v1.FileDescriptorResponse.$Properties;
            }

            interface IExtensionNumberResponse extends grpc.reflection.v1.ExtensionNumberResponse.$Properties {
            }

            class ExtensionNumberResponse {
                constructor(properties?: grpc.reflection.v1.ExtensionNumberResponse.$Properties);
                $unknowns?: Uint8Array[];
                baseTypeName: string;
                extensionNumber: number[];
                static encode(message: grpc.reflection.v1.ExtensionNumberResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ExtensionNumberResponse & grpc.reflection.v1.ExtensionNumberResponse.$Shape;
            }

            namespace ExtensionNumberResponse {
                interface $Properties {
                    baseTypeName?: (string|null);
                    extensionNumber?: (number[]|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.reflection.v1.ExtensionNumberResponse.$Properties;
            }

            interface IListServiceResponse extends grpc.reflection.v1.ListServiceResponse.$Properties {
            }

            class ListServiceResponse {
                constructor(properties?: grpc.reflection.v1.ListServiceResponse.$Properties);
                $unknowns?: Uint8Array[];
                service: grpc.reflection.v1.ServiceResponse.$Properties[];
                static encode(message: grpc.reflection.v1.ListServiceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ListServiceResponse & grpc.reflection.v1.ListServiceResponse.$Shape;
            }

            namespace ListServiceResponse {
                interface $Properties {
                    service?: (grpc.reflection.v1.ServiceResponse.$Properties[]|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.reflection.v1.ListServiceResponse.$Properties;
            }

            interface IServiceResponse extends grpc.reflection.v1.ServiceResponse.$Properties {
            }

            class ServiceResponse {
                constructor(properties?: grpc.reflection.v1.ServiceResponse.$Properties);
                $unknowns?: Uint8Array[];
                name: string;
                static encode(message: grpc.reflection.v1.ServiceResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ServiceResponse & grpc.reflection.v1.ServiceResponse.$Shape;
            }

            namespace ServiceResponse {
                interface $Properties {
                    name?: (string|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.reflection.v1.ServiceResponse.$Properties;
            }

            interface IErrorResponse extends grpc.reflection.v1.ErrorResponse.$Properties {
            }

            class ErrorResponse {
                constructor(properties?: grpc.reflection.v1.ErrorResponse.$Properties);
                $unknowns?: Uint8Array[];
                errorCode: number;
                errorMessage: string;
                static encode(message: grpc.reflection.v1.ErrorResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): grpc.reflection.v1.ErrorResponse & grpc.reflection.v1.ErrorResponse.$Shape;
            }

            namespace ErrorResponse {
                interface $Properties {
                    errorCode?: (number|null);
                    errorMessage?: (string|null);
                    $unknowns?: Uint8Array[];
                }
                type $Shape = grpc.reflection.v1.ErrorResponse.$Properties;
            }
        }
    }
}
